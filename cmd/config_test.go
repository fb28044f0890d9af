package cmd

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	for size, fits := range map[int]bool{0: true, 1 << 20: true, 1<<20 + 1: false} {
		if err := os.WriteFile(file, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := readFile(file)
		switch {
		case fits && (len(text) != size || err != nil):
			t.Errorf("%d bytes: %d, %v", size, len(text), err)
		case !fits && (err == nil || !strings.Contains(err.Error(), file+" is larger than 1 MiB")):
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if _, err := readFile(file + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := readFile("/dev/zero"); err == nil {
		t.Error("/dev/zero was read to an end")
	}
}

// configured runs restail with a configuration that make creates.
func configured(t *testing.T, make func(path string) error) result {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "restail"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := make(filepath.Join(dir, "restail", "config.json")); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	status := Run(t.Context(), []string{"replay"}, Env{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Environ: []string{"XDG_CONFIG_HOME=" + dir},
	})
	return result{status, "", stderr.String()}
}

func TestLargeConfiguration(t *testing.T) {
	t.Parallel()
	configured(t, func(path string) error {
		return os.WriteFile(path, bytes.Repeat([]byte(" "), 1<<20+1), 0o600)
	}).want(t, statusUsage, "config.json is larger than 1 MiB")
}
