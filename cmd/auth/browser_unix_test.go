//go:build !windows

package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBrowser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, seen := filepath.Join(dir, "a browser"), filepath.Join(dir, "seen")
	script := "#!/bin/sh\nprintf '%s|' \"$@\" >'" + seen + ".part' && mv '" + seen + ".part' '" + seen + "'\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	const to = "http://127.0.0.1/login?a=b&c=d;e"
	for variable, want := range map[string]string{
		"'" + program + "'":                       to + "|",
		"'" + program + "' --new %s --quiet":      "--new|" + to + "|--quiet|",
		"/nowhere/at/all:'" + program + "' -x":    "-x|" + to + "|",
		"'not closed::'" + program + "' --url=%s": "--url=" + to + "|",
	} {
		os.Remove(seen)
		if err := Browser([]string{"BROWSER=" + variable})(to); err != nil {
			t.Errorf("%s: %v", variable, err)
			continue
		}
		got, err := os.ReadFile(seen)
		for deadline := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(deadline); got, err = os.ReadFile(seen) {
			time.Sleep(time.Millisecond)
		}
		if string(got) != want {
			t.Errorf("%s: it got %q, want %q", variable, got, want)
		}
	}
}

func TestNoBrowserFound(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := Browser(nil)("http://127.0.0.1/"); err == nil || strings.Contains(err.Error(), "127") {
		t.Errorf("got %v", err)
	}
}
