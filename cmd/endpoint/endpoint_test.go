package endpoint

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"wss://chat.api.restream.io/ws":  "",
		"wss://chat.example:8443/ws?a=b": "",
		"wss://127.0.0.1/ws":             "",
		"ws://localhost:8080/ws":         "",
		"ws://LOCALHOST/ws":              "",
		"ws://127.0.0.1:1/ws":            "",
		"ws://127.200.3.4/ws":            "",
		"ws://[::1]:8080/ws":             "",
		"ws://[::ffff:127.0.0.1]/ws":     "",

		"ws://chat.example/ws":           "ws:// is for this machine only",
		"ws://localhost.example/ws":      "ws:// is for this machine only",
		"ws://localhost@evil.example/ws": "no user name",
		"ws://10.0.0.1/ws":               "ws:// is for this machine only",
		"ws://0.0.0.0/ws":                "ws:// is for this machine only",
		"ws://[::]/ws":                   "ws:// is for this machine only",
		"ws://2130706433/ws":             "ws:// is for this machine only",
		"ws://[fe80::1%25lo]/ws":         "ws:// is for this machine only",
		"https://chat.example/ws":        `its scheme is not wss`,
		"WSS:chat.example":               "names no host",
		"wss:///ws":                      "names no host",
		"chat.example/ws":                `its scheme is not wss`,
		"":                               `its scheme is not wss`,
		"wss://me:password@chat.example": "no user name",
		"wss://chat.example/ws#token":    "no # part",
		"wss://chat.example:port/ws":     "cannot be read",
		"wss://chat example/ws":          "cannot be read",
	} {
		u, err := Check(raw, "wss", "ws")
		switch {
		case want == "" && (err != nil || u.Host == ""):
			t.Errorf("%q: %v", raw, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, not %q", raw, err, want)
		case err != nil && strings.Contains(err.Error(), "password@"):
			t.Errorf("%q: %v quotes the password", raw, err)
		}
	}
	_, err := Check("ftp://x", "https", "http")
	if want := `its scheme is not https; it must be https://HOST/PATH, or http:// for localhost, 127.0.0.1 or [::1]`; err == nil || err.Error() != want {
		t.Errorf("it says %q, not %q", err, want)
	}
}

func TestALocalhostThatIsElsewhere(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]error{
		"127.0.0.1:80": nil, "[::1]:80": nil, "127.9.9.9:1": nil, "[::ffff:127.0.0.1]:1": nil,
		"192.0.2.7:80": ErrElsewhere, "[2001:db8::1]:80": ErrElsewhere, "localhost:80": ErrElsewhere, "0.0.0.0:1": ErrElsewhere,
	} {
		if err := OnlyLoopback("tcp", address, nil); !errors.Is(err, want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
