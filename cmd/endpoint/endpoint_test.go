package endpoint

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
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
		"ws://localhost@evil.example/ws": "not contain a user name",
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
		"wss://me:password@chat.example": "not contain a user name",
		"wss://chat.example/ws#token":    "not contain a # part",
		"wss://chat.example:port/ws":     "cannot be parsed",
		"wss://chat.example:65536/ws":    "no valid port",
		"wss://chat example/ws":          "cannot be parsed",
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

func TestOnlyLoopback(t *testing.T) {
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

func TestTransportStaysOnLoopback(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for address, want := range map[string]error{listener.Addr().String(): nil, "192.0.2.7:80": ErrElsewhere} {
		conn, err := Transport(true, func(string) string { return "" }).DialContext(t.Context(), "tcp", address)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

func TestLoopbackHost(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"localhost": true, "LocalHost:80": true, "127.0.0.1": true, "127.0.0.1:8080": true, "127.9.9.9:1": true,
		"[::1]": true, "[::1]:8080": true, "[::ffff:127.0.0.1]:1": true,
		"": false, ":80": false, "evil.example": false, "evil.example:8080": false, "localhost.evil.example": false,
		"127.0.0.1.evil.example": false, "127.0.0.1:80@evil.example": false, "localhost:evil": false, "localhost:8a": false, "192.0.2.7": false,
		"0.0.0.0": false, "[::]:80": false, "::1": false, "[::1": false, "[::1]evil": false, "localhost.": false,
	} {
		if got := IsLoopbackHost(header); got != want {
			t.Errorf("%q: %t", header, got)
		}
	}
}

func TestCheckProxy(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                                  "",
		"proxy.example:3128":                "",
		"proxy.example":                     "",
		"127.0.0.1:3128":                    "",
		"[::1]:3128":                        "",
		"http://proxy.example":              "",
		"http://me:MARKED@proxy:3128":       "",
		"me:MARKED@proxy:3128":              "",
		"https://proxy.example:443/":        "",
		"socks5://proxy.example:1080":       "",
		"socks5h://proxy.example:1080":      "",
		"ftp://me:MARKED@proxy.example":     "unsupported scheme",
		"socks4://proxy.example:1080":       "unsupported scheme",
		"http://me:MARKED@proxy:port":       "invalid proxy",
		"http://me:MARKED%zz@proxy:3128":    "invalid proxy",
		"http://me:MARKED@proxy:99999":      "port",
		"http://[::1:3128":                  "invalid proxy",
		"http://proxy example:3128":         "invalid proxy",
		"http://me:MARKED@:3128":            "no host",
		"http://":                           "no host",
		"me:MARKED@proxy:3128\x7f":          "invalid proxy",
		"http://me:MARKED\n@proxy.example/": "invalid proxy",
	} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
			err := CheckProxy(func(asked string) string {
				if asked == name {
					return value
				}
				return ""
			})
			switch {
			case (err == nil) != (want == ""):
				t.Errorf("%s=%q: %v", name, value, err)
			case err == nil:
			case !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name+":"):
				t.Errorf("%s=%q: %v does not say %q", name, value, err, want)
			case strings.Contains(err.Error(), "MARKED"):
				t.Errorf("%v quotes the password", err)
			}
		}
	}
}

// TestCheckedProxyIsUsed checks that no setting that passes CheckProxy means a
// direct connection.
func TestCheckedProxyIsUsed(t *testing.T) {
	t.Parallel()
	to := &url.URL{Scheme: "https", Host: "api.example"}
	for _, value := range []string{"proxy.example:3128", "me:word@proxy:3128", "http://proxy", "ftp://proxy", "http://proxy:port", "http://[::1:3128", "http://"} {
		getenv := func(name string) string { return map[string]string{"HTTPS_PROXY": value}[name] }
		proxy, err := Proxy(getenv)(to)
		if CheckProxy(getenv) == nil && (proxy == nil || proxy.Hostname() == "" || err != nil) {
			t.Errorf("%q passes the check, and the proxy is %v, %v", value, proxy, err)
		}
	}
}

func TestProxyLogin(t *testing.T) {
	for setting, want := range map[string][2]string{
		"":                               {},
		"proxy:3128":                     {},
		"http://proxy:3128":              {},
		"ada@proxy:3128":                 {"ada", ""},
		"ada:s3cret@proxy:3128":          {"ada", "s3cret"},
		"https://ada:s%40cret@proxy":     {"ada", "s@cret"},
		"socks5://ada:s3cret@proxy:1080": {"ada", "s3cret"},
		"http://ada:s3cret@proxy:port":   {},
	} {
		name, password := ProxyLogin(func(name string) string {
			if name == "https_proxy" {
				return setting
			}
			return ""
		})
		if got := [2]string{name, password}; got != want {
			t.Errorf("%q: got %q, want %q", setting, got, want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{Port: 1}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	unknown := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.example", Server: "192.0.2.1:53"}}
	for _, test := range []struct {
		err  error
		want string
	}{
		{refused, "connection refused"},
		{&url.Error{Op: "Get", URL: "https://api.example/?token=MARKED", Err: refused}, "connection refused"},
		{fmt.Errorf("dial https://MARKED: %w", refused), "connection refused"},
		{&url.Error{Op: "Post", URL: "https://api.example", Err: unknown}, "no such host"},
		{&url.Error{Op: "Post", URL: "https://api.example", Err: io.ErrUnexpectedEOF}, "unexpected EOF"},
		{&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "connection reset by peer"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: ErrElsewhere}, ErrElsewhere.Error()},
		{errors.New("tls: a certificate\nof hunter2"), "tls: a certificate of x"},
	} {
		got := Unreachable("https://api.example", test.err, func(text string) string { return strings.ReplaceAll(text, "hunter2", "x") })
		if want := "cannot reach https://api.example: " + test.want; got != want {
			t.Errorf("%v: got %q, want %q", test.err, got, want)
		}
	}
}

// TestUnreachableProxy has package http fail to connect to a proxy.
func TestUnreachableProxy(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: Transport(false, func(name string) string {
		return map[string]string{"HTTPS_PROXY": "http://me:MARKED@127.0.0.1:1"}[name]
	})}
	_, err := client.Get("https://api.example/")
	if err == nil {
		t.Fatal("a proxy answered on port 1")
	}
	got := Unreachable("https://api.example", err, func(text string) string { return text })
	if want := "cannot reach https://api.example through the proxy: connection refused"; got != want && runtime.GOOS != "windows" {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestGetenv(t *testing.T) {
	t.Parallel()
	environ := []string{"FIRST=1", "TWICE=old", "EMPTY=", "SUM=a=b", "BARE", "TWICE=new"}
	for name, want := range map[string]string{"FIRST": "1", "TWICE": "new", "EMPTY": "", "SUM": "a=b", "BARE": "", "MISSING": "", "first": ""} {
		if got := Getenv(environ, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("x", MaxQuote)
	for said, want := range map[string]string{
		"":                            "",
		" two\r\n\tlines ":            "two lines",
		"a secret\nword":              "a [redacted]", // its white space is part of it
		full:                          full,
		full + "x":                    full + "…",
		full[1:] + "secret\nword":     full[1:] + "[…", // no part of the secret
		full[1:] + "é":                full[1:] + "…",
		full[2:] + "é":                full[2:] + "é",
		full[2:] + "éx":               full[2:] + "é…",
		full[3:] + "😀":                full[3:] + "…",
		strings.Repeat("\xff", 300):   strings.Repeat("\xff", MaxQuote) + "…",
		strings.Repeat("\x80", 300):   strings.Repeat("\x80", MaxQuote-utf8.UTFMax) + "…",
		"\x1b[31m stays for printers": "\x1b[31m stays for printers",
	} {
		got := Quote(said, func(text string) string { return strings.ReplaceAll(text, "secret\nword", "[redacted]") })
		if got != want {
			t.Errorf("%q: got %q, want %q", said, got, want)
		}
	}
}
