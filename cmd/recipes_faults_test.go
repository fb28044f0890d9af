//go:build unix

package cmd

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/restail/restail/cmd/serve"
)

// failed runs a recipe to its end and returns its exit status, and what it
// wrote on stderr.
func (k *kitchen) failed(t *testing.T, recipe string, environ ...string) (status int, stderr string) {
	t.Helper()
	command := k.command(t, environ, recipe, "demo", "--speed", "max", "-q")
	var said strings.Builder
	command.Stderr = &said
	var failed *exec.ExitError
	if err := command.Run(); !errors.As(err, &failed) {
		t.Fatalf("%s: %v", recipe, err)
	}
	return failed.ExitCode(), said.String()
}

// TestAlertExample shows an example that can be pasted into a shell.
func TestAlertExample(t *testing.T) {
	status, said := newKitchen(t).failed(t, "alert.sh")
	if status != statusUsage || !strings.Contains(said, "WORDS='goat|moo' ") {
		t.Errorf("status %d, %s", status, said)
	}
}

// TestMissingProgram says once, before the chat is followed, what is missing.
func TestMissingProgram(t *testing.T) {
	for recipe, program := range map[string]string{"notify.sh": "notify-send", "redis.sh": "redis-cli"} {
		k := newKitchen(t)
		bin := t.TempDir()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(self, filepath.Join(bin, "restail")); err != nil {
			t.Fatal(err)
		}
		status, said := k.failed(t, recipe, "PATH="+bin)
		if status != 127 || strings.Count(said, "\n") != 1 || !strings.Contains(said, program+" is not installed") {
			t.Errorf("%s: status %d, %s", recipe, status, said)
		}
	}
}

// payment is a super chat with the text.
func payment(t *testing.T, text string) string {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return `{"action":"event","payload":{"eventPayload":{"donation":{"amount":"1"},"text":` + string(quoted) + `},"eventTypeId":7},"timestamp":1740152270}` + "\n"
}

// TestSuperchatsHasNoFormulas puts an apostrophe before everything that some
// spreadsheet takes for a formula, and nowhere else.
func TestSuperchatsHasNoFormulas(t *testing.T) {
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
	k := newKitchen(t)
	var recording, want strings.Builder
	for text, cell := range cells {
		recording.WriteString(payment(t, text))
		fmt.Fprintf(&want, "%q\n", `"`+strings.ReplaceAll(cell, `"`, `""`)+`"`)
	}
	if err := os.WriteFile(filepath.Join(k.work, "pay.raw"), []byte(recording.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(k.run(t, "superchats.sh replay pay.raw -q"), "\n"), "\n")[2:] {
		columns := strings.SplitN(line, ",", 6)
		fmt.Fprintf(&got, "%q\n", columns[5])
	}
	if got.String() != want.String() {
		t.Error(firstDifference(want.String(), got.String()))
	}
}

// TestPerBroadcastFileNames has no file whose name is a flag.
func TestPerBroadcastFileNames(t *testing.T) {
	k := newKitchen(t)
	var recording string
	for _, id := range []string{"-rf", "--help", "a-b", "-"} {
		recording += `{"action":"event","payload":{"eventId":"` + id + `"},"timestamp":1740152270}` + "\n"
	}
	if err := os.WriteFile(filepath.Join(k.work, "ids.raw"), []byte(recording), 0o600); err != nil {
		t.Fatal(err)
	}
	k.run(t, "per-broadcast.sh replay ids.raw -q")
	files, err := filepath.Glob(filepath.Join(k.work, "*.ndjson"))
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

// down makes a foreign command fail until the function that it returns is called.
func (k *kitchen) down(t *testing.T, program string) (up func()) {
	t.Helper()
	path := filepath.Join(k.calls, program+" is down")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// start starts a recipe whose streams are files, and kills at the end of the
// test what is left of it.
func (k *kitchen) start(t *testing.T, environ []string, recipe string, args ...string) *exec.Cmd {
	t.Helper()
	command := k.command(t, environ, recipe, args...)
	command.Stdout, command.Stderr = k.create(t, "stdout"), k.create(t, "stderr")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(-command.Process.Pid, syscall.SIGKILL) })
	return command
}

// TestRedisComesBack sends everything, in order, once the server is back.
func TestRedisComesBack(t *testing.T) {
	show := said(t, nil, "demo", "--speed", "max", "-q", "-a", "event")
	k := newKitchen(t)
	up := k.down(t, "redis-cli")
	command := k.start(t, nil, "redis.sh", "demo", "--speed", "max", "-q", "-a", "event")
	k.await(t, "trying again")
	up()
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	k.await(t, "takes the records again")
	var got strings.Builder
	for _, record := range streamed.FindAllString(k.left(t), -1) {
		got.WriteString(strings.TrimSuffix(record, "\r") + "\n")
	}
	if got.String() != show {
		t.Errorf("what arrived is not what was said: %s", firstDifference(show, got.String()))
	}
}

// TestRedisStaysAway ends after Ctrl-C when the server does not come back, and
// says what that means.
func TestRedisStaysAway(t *testing.T) {
	k := newKitchen(t)
	k.down(t, "redis-cli")
	command := k.start(t, nil, "redis.sh", "demo", "--speed", "max", "-q", "-n", "1")
	k.await(t, "trying again")
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Error("status 0 although records are lost")
	}
	left := k.left(t)
	if !strings.Contains(left, "records are lost") || strings.Count(left, "cannot connect") != 1 {
		t.Errorf("it says:\n%s", left)
	}
}

// TestRecordingOutlivesCtrlC runs the README's command for a recording and
// presses Ctrl-C: the recording is whole.
func TestRecordingOutlivesCtrlC(t *testing.T) {
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
	k := newKitchen(t)
	script := filepath.Join(t.TempDir(), "record.sh")
	if err := os.WriteFile(script, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	k.recipes = filepath.Dir(script)
	command := k.start(t, []string{"RESTAIL_URL=" + chat(t, serve.Options{})}, "record.sh")
	k.await(t, "connected")
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	command.Wait()
	file, err := os.ReadFile(filepath.Join(k.work, "show.raw.gz"))
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil || !bytes.HasPrefix(text, []byte("{")) || !bytes.HasSuffix(text, []byte("}\n")) {
		t.Errorf("the recording is %.60q…, %v", text, err)
	}
}
