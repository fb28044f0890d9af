package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

var configs = []string{
	`{"format":"text","max-frame":"1MiB"}`, `{"no-reconnect":true}`, `{"count":3}`, `{"count":1e400}`, `{"speed":1.5}`, `{"fields":["a"]}`,
	`{"action":"event","platform":"twitch"}`, `{"filter":".author"}`, `{"arg":"a=b"}`, `{"quiet":true,"status":"json"}`, `{"time":"%Q"}`,
	`{"format":null}`, `{"format":{}}`, "\ufeff{}", "{} {}", "null", "[]", "", "{", `{"\u001b[31m":1}`, `{"color":"always"}`, "{\"\x1b\":1}",
}

// writeConfig writes a configuration and returns the environment that names it.
func writeConfig(t *testing.T, text []byte) Env {
	t.Helper()
	home := t.TempDir()
	path := filepath.Join(home, "restail", "config.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return Env{Environ: []string{"XDG_CONFIG_HOME=" + home}}
}

// TestAnyConfig has configurations of all kinds. Each is accepted, up to the
// recording that is missing, or is a usage error. Either is safe to print.
func TestAnyConfig(t *testing.T) {
	for _, text := range configs {
		env := writeConfig(t, []byte(text))
		var stdout, stderr bytes.Buffer
		env.Stdout, env.Stderr = &stdout, &stderr
		status := Run(t.Context(), []string{"replay", "nothing.raw"}, env)
		if status != statusUsage || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("%q: status %d, %q and %q", text, status, &stdout, &stderr)
		}
		for _, r := range stderr.String() {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 {
				t.Errorf("%q: stderr is not safe to print: %q", text, &stderr)
				break
			}
		}
	}
}

// FuzzConfig: any file has values, or is a usage error.
func FuzzConfig(f *testing.F) {
	for _, text := range configs {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := newConfiguration(writeConfig(t, text))
		if c.err == nil && c.values == nil {
			t.Errorf("%q is accepted, and has no values", text)
		}
		if c.err == nil {
			return
		}
		if status, _ := exitStatus(c.err); status != statusUsage {
			t.Errorf("%q: status %d, %v", text, status, c.err)
		}
	})
}
