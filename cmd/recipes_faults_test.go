//go:build unix

package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/restail/restail/cmd/serve"
)

// A recipe ends with the exit status of restail, whatever follows it in a pipe.
func TestRecipesPassTheStatus(t *testing.T) {
	t.Parallel()
	for recipe := range recipes {
		t.Run(recipe, func(t *testing.T) {
			t.Parallel()
			got := newSandbox(t).run(t, "WORDS=x "+recipe+" --max-backoff never")
			if !strings.HasSuffix(got, fmt.Sprintf("? %d\n", statusUsage)) {
				t.Errorf("status is not %d:\n%s", statusUsage, got)
			}
		})
	}
}

// A recipe whose program is not installed says so in one line, before it follows the
// chat. Without WORDS, alert.sh prints an example that can be pasted into a shell.
func TestRecipesSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "restail")); err != nil {
		t.Fatal(err)
	}
	for recipe, want := range map[string]string{
		"kafka.sh": "kcat is not installed", "nats.sh": "nats is not installed", "notify.sh": "notify-send is not installed",
		"redis.sh": "redis-cli is not installed", "sqlite.sh": "sqlite3 is not installed", "alert.sh": "WORDS='goat|moo' ",
	} {
		command := newSandbox(t).command(t, []string{"PATH=" + bin}, recipe, "demo", "--speed", "max", "-q")
		var said strings.Builder
		command.Stderr = &said
		var failed *exec.ExitError
		if err := command.Run(); !errors.As(err, &failed) {
			t.Fatalf("%s: %v", recipe, err)
		}
		status := 127
		if recipe == "alert.sh" {
			status = statusUsage
		}
		if failed.ExitCode() != status || strings.Count(said.String(), "\n") != 1 || !strings.HasPrefix(said.String(), recipe+": ") || !strings.Contains(said.String(), want) {
			t.Errorf("%s: status %d, %s", recipe, failed.ExitCode(), &said)
		}
	}
}

// payment returns the action of a super chat with the text.
func payment(t *testing.T, text string) string {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return `{"action":"event","payload":{"eventPayload":{"donation":{"amount":"1"},"text":` + string(quoted) + `},"eventTypeId":7},"timestamp":1740152270}` + "\n"
}

// superchats.sh puts an apostrophe before everything that a spreadsheet could take for a
// formula, and nowhere else.
func TestSuperchatsHasNoFormulas(t *testing.T) {
	t.Parallel()
	cells := map[string]string{
		"=1+1":             "'=1+1",
		" =1+1":            " '=1+1",
		"\u00a0\u3000@A1":  "\u00a0\u3000'@A1",
		"\u200b+1":         "\u200b'+1",
		"a;=1+1":           "a;'=1+1",
		"a; \"-1;\"\"@B":   "a; \"'-1;\"\"'@B",
		"a\t=1":            "a\t'=1",
		"＝1＋1":             "'＝1＋1",
		"a;\u3000－2":       "a;\u3000'－2",
		"﹦1":               "'﹦1",
		";=a;=b":           ";'=a;'=b",
		"":                 "",
		"1+1=2":            "1+1=2",
		"a, -b @c":         "a, -b @c",
		"me@example.com ;": "me@example.com ;",
		"\"a\" = b":        "\"a\" = b",
	}
	s := newSandbox(t)
	var recording, want strings.Builder
	for text, cell := range cells {
		recording.WriteString(payment(t, text))
		fmt.Fprintf(&want, "%q\n", `"`+strings.ReplaceAll(cell, `"`, `""`)+`"`)
	}
	if err := os.WriteFile(filepath.Join(s.work, "pay.raw"), []byte(recording.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(s.run(t, "superchats.sh replay pay.raw -q"), "\n"), "\n")[2:] {
		columns := strings.SplitN(line, ",", 6)
		fmt.Fprintf(&got, "%q\n", columns[5])
	}
	if got.String() != want.String() {
		t.Error(firstDifference(want.String(), got.String()))
	}
}

// superchats.sh writes one heading to a file that it appends to.
func TestSuperchatsAppends(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	for range 2 {
		file, err := os.OpenFile(filepath.Join(s.work, "log.csv"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		command := s.command(t, nil, "superchats.sh", "demo", "--speed", "max", "-q", "-n", "2")
		command.Stdout = file
		if err := errors.Join(command.Run(), file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	left := s.files(t)
	if strings.Count(left, "time,platform") != 1 || strings.Count(left, "2026-03-14T") != 4 {
		t.Errorf("want one heading and four lines:\n%s", left)
	}
}

// per-broadcast.sh writes no file whose name looks like a flag.
func TestPerBroadcastFileNames(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	var recording string
	for _, id := range []string{"-rf", "--help", "a-b", "-"} {
		recording += `{"action":"event","payload":{"eventId":"` + id + `"},"timestamp":1740152270}` + "\n"
	}
	if err := os.WriteFile(filepath.Join(s.work, "ids.raw"), []byte(recording), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, "per-broadcast.sh replay ids.raw -q")
	files, err := filepath.Glob(filepath.Join(s.work, "*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	if want := []string{"_-help.ndjson", "_.ndjson", "_rf.ndjson", "a-b.ndjson"}; !slices.Equal(files, want) {
		t.Errorf("files %q, want %q", files, want)
	}
}

// down makes a foreign program fail, until the caller calls up.
func (s *sandbox) down(t *testing.T, program string) (up func()) {
	t.Helper()
	path := filepath.Join(s.calls, program+" is down")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// start starts a recipe whose streams are files. It is killed at the end of the test.
func (s *sandbox) start(t *testing.T, environ []string, recipe string, args ...string) *exec.Cmd {
	t.Helper()
	command := s.command(t, environ, recipe, args...)
	command.Stdout, command.Stderr = s.create(t, "stdout"), s.create(t, "stderr")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(-command.Process.Pid, syscall.SIGKILL) })
	return command
}

// redis.sh sends every record, in order, after the server was down.
func TestRedisComesBack(t *testing.T) {
	t.Parallel()
	show := said(t, nil, "demo", "--speed", "max", "-q", "-a", "event")
	s := newSandbox(t)
	up := s.down(t, "redis-cli")
	command := s.start(t, nil, "redis.sh", "demo", "--speed", "max", "-q", "-a", "event")
	s.waitFor(t, "trying again")
	up()
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	s.waitFor(t, "takes the records again")
	if got := s.records(t); got != show {
		t.Errorf("other records arrived: %s", firstDifference(show, got))
	}
}

// If the server stays down, redis.sh ends after Ctrl-C and says that records are lost.
func TestRedisStaysAway(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	s.down(t, "redis-cli")
	command := s.start(t, nil, "redis.sh", "demo", "--speed", "max", "-q", "-n", "1")
	s.waitFor(t, "trying again")
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Error("status 0 although records are lost")
	}
	files := s.files(t)
	if !strings.Contains(files, "records are lost") || strings.Count(files, "cannot connect") != 1 {
		t.Errorf("stderr and logs:\n%s", files)
	}
}

// After Ctrl-C, the recording of the README's command is whole.
func TestRecordingOutlivesCtrlC(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := ""
	for text := range strings.Lines(string(page)) {
		if strings.HasPrefix(text, "restail -o text -w ") {
			line = text
		}
	}
	s := newSandbox(t)
	script := filepath.Join(t.TempDir(), "record.sh")
	if err := os.WriteFile(script, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	s.recipes = filepath.Dir(script)
	command := s.start(t, []string{"RESTAIL_URL=" + chat(t, serve.Options{})}, "record.sh")
	s.waitFor(t, "connected")
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	command.Wait()
	if checked := restail(t, "", "check", filepath.Join(s.work, "chat.raw.gz")); checked.status != statusDone {
		t.Errorf("the recording is not whole: %+v", checked)
	}
}
