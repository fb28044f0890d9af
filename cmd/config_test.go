package cmd

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withConfig returns an environment with a configuration that write writes.
func withConfig(t *testing.T, write func(path string) error) []string {
	t.Helper()
	home := t.TempDir()
	path := filepath.Join(home, "restail", "config.json")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := write(path); err != nil {
		t.Fatal(err)
	}
	return []string{"XDG_CONFIG_HOME=" + home}
}

// file returns a function that writes a file with the text.
func file(text []byte) func(path string) error {
	return func(path string) error { return os.WriteFile(path, text, 0o600) }
}

// configured replays an empty recording with a configuration that write writes.
func configured(t *testing.T, write func(path string) error) result {
	t.Helper()
	var stderr bytes.Buffer
	status := Run(t.Context(), []string{"replay"}, Env{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Environ: withConfig(t, write),
	})
	return result{status, "", stderr.String()}
}

// A configuration and a filter can have 1 MiB each. Reading stops there.
func TestLargeFiles(t *testing.T) {
	t.Parallel()
	filtered := func(path string) result {
		return restail(t, "", "replay", "-q", "testdata/mixed.raw", "--filter-file", path)
	}
	path := filepath.Join(t.TempDir(), "filter.jq")
	for size, fits := range map[int]bool{1 << 20: true, 1<<20 + 1: false} {
		text := append([]byte("{}"), bytes.Repeat([]byte(" "), size-2)...)
		if err := file(text)(path); err != nil {
			t.Fatal(err)
		}
		if fits {
			configured(t, file(text)).want(t, statusFailed, "stdin is empty")
			filtered(path).want(t, statusDone)
		} else {
			configured(t, file(text)).want(t, statusUsage, "config.json is larger than 1 MiB")
			filtered(path).want(t, statusUsage, path+" is larger than 1 MiB")
		}
	}
}

// configs are configurations of all kinds.
var configs = []string{
	`{"format":"text","max-frame":"1MiB"}`, `{"no-reconnect":true}`, `{"count":3}`, `{"count":1e400}`, `{"speed":1.5}`, `{"fields":["a"]}`,
	`{"action":"event","platform":"twitch"}`, `{"filter":".author"}`, `{"arg":"a=b"}`, `{"quiet":true,"status":"json"}`, `{"time":"%Q"}`,
	`{"format":null}`, `{"format":{}}`, "\ufeff{}", "{} {}", "null", "[]", "", "{", `{"\u001b[31m":1}`, `{"color":"always"}`, "{\"\x1b\":1}",
}

// Each configuration is accepted, up to the recording that is missing, or is a usage
// error. Either is safe to print.
func TestAnyConfig(t *testing.T) {
	t.Parallel()
	for _, text := range configs {
		var stdout, stderr bytes.Buffer
		status := Run(t.Context(), []string{"replay", "nothing.raw"}, Env{
			Stdout: &stdout, Stderr: &stderr, Environ: withConfig(t, file([]byte(text))),
		})
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
		c := newConfiguration(Env{Environ: withConfig(t, file(text))})
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
