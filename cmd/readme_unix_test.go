//go:build unix

package cmd

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/restail/restail/cmd/serve"
)

// TestREADMEShell runs the shell blocks of the README, in their order and in one
// folder, against a Restream on this machine. It gives restail a token, an end
// after five lines, and a fast show. A comment "parsed" before a block says why it
// cannot run here: bash parses it, and restail its command lines.
func TestREADMEShell(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newSandbox(t)
	scripts, err := filepath.Abs("../scripts")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(scripts, filepath.Join(s.work, "scripts")); err != nil {
		t.Fatal(err)
	}
	url := chat(t, serve.Options{})
	s.environ = append(s.environ, "RESTAIL_URL="+url, "RESTAIL_API_URL=http"+strings.TrimSuffix(strings.TrimPrefix(url, "ws"), serve.Path),
		"RESTAIL_TIMEOUT=1m", "RESTAIL_SPEED=max")
	s.shell(t, "restail demo -q -w mon.raw.gz -o text\nrestail demo -q -w tue.raw -o text\n")
	s.environ = append(s.environ, "RESTAIL_COUNT=5")
	parsed := 0
	for _, block := range regexp.MustCompile("(?s)(<!-- parsed: [^\n]* -->\n)?```sh\n(.*?\n)```\n").FindAllSubmatch(page, -1) {
		if len(block[1]) > 0 {
			s.parse(t, string(block[2]))
			parsed++
		} else {
			s.shell(t, string(block[2]))
		}
	}
	if parsed == 0 || parsed != bytes.Count(page, []byte("<!-- parsed: ")) {
		t.Errorf("%d blocks are only parsed", parsed)
	}
	if recorded, err := os.Stat(filepath.Join(s.work, "show.raw.gz")); err != nil || recorded.Size() < 1000 {
		t.Errorf("nothing was recorded: %v", err)
	}
}

// shell runs a block. It must succeed, and write something to stdout or a file.
func (s *sandbox) shell(t *testing.T, script string) {
	t.Helper()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port.Close()
	free := strings.ReplaceAll(script, "127.0.0.1:8080", port.Addr().String())
	command := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", free)
	command.Dir, command.Env = s.work, s.environ
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out := s.create(t, "out")
	command.Stdout, command.Stderr = out, out
	err = command.Run()
	_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // what still runs in the background
	said, readErr := os.ReadFile(out.Name())
	if err != nil || readErr != nil || len(said) == 0 {
		t.Errorf("%v, %v\n%s\n%s", err, readErr, script, said)
	}
}

// parse has bash parse a block, and restail its own lines in it.
func (s *sandbox) parse(t *testing.T, script string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "-n")
	command.Stdin = strings.NewReader(script)
	if said, err := command.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%v\n%s\n%s", err, said, script)
	}
	for line := range strings.Lines(script) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "   #")
		rest, ours := strings.CutPrefix(strings.Replace(line, "go run . ", "restail ", 1), "restail ")
		if !ours {
			continue
		}
		if _, err := parsed(t, nil, splitShell(t, strings.TrimSpace(rest))...); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}
