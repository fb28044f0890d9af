//go:build unix

package cmd

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"github.com/restail/restail/cmd/serve"
)

// A run that cannot record anything keeps in the state the messages that it has written to
// stdout, although the gap after it begins where the run before it has ended.
func TestStateOnAFullDisk(t *testing.T) {
	const variable = "RESTAIL_TEST_FULL"
	file := os.Getenv(variable)
	if file == "" { // run the test again, where files cannot grow beyond 100 KB or 200 KB
		file = filepath.Join(t.TempDir(), "show.raw")
		if err := os.WriteFile(file, bytes.Repeat([]byte("\n"), 400_000), 0o666); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("sh", "-c", `ulimit -f 200 && exec "$@"`, "sh", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
		command.Env = append(os.Environ(), variable+"="+file)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	type state struct {
		Complete time.Time
		Edge     struct{ Said []any }
	}
	url, name := chat(t, serve.Options{}), filepath.Join(filepath.Dir(file), "state")
	run := func(args ...string) (result, state) {
		got := restail(t, url, append(args, "-a", "event", "-q", "--state", name, "--backfill")...)
		var s state
		if text, err := os.ReadFile(name); err != nil || json.Unmarshal(text, &s) != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return got, s
	}
	got, before := run("-n", "5")
	got.want(t, statusDone)
	got, after := run("-n", "10", "-w", file)
	got.want(t, statusFailed, "file too large")
	if !after.Complete.Equal(before.Complete) || len(before.Edge.Said) != 5 || len(after.Edge.Said) != 15 {
		t.Errorf("the state of the first run is\n%+v\nand that of the second\n%+v", before, after)
	}
}

// --color=auto colours on a terminal only, unless the environment says no.
func TestColorOnATerminal(t *testing.T) {
	for _, test := range []struct {
		name    string
		environ []string
		args    []string
		colored bool
	}{
		{"auto", nil, nil, true},
		{"never", nil, []string{"--color", "never"}, false},
		{"NO_COLOR", []string{"NO_COLOR=1"}, nil, false},
		{"an empty NO_COLOR says nothing", []string{"NO_COLOR="}, nil, true},
		{"a dumb terminal", []string{"TERM=dumb"}, nil, false},
		{"always, though NO_COLOR", []string{"NO_COLOR=1"}, []string{"--color", "always"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			screen := onTerminal(t, 80, test.environ, append([]string{"replay", "-q", "-o", "text", "testdata/mixed.raw"}, test.args...))
			if colored := strings.Contains(screen, "\x1b["); colored != test.colored {
				t.Errorf("colours: %v, want %v\n%q", colored, test.colored, screen)
			}
			if !strings.Contains(screen, "Some Viewer") || strings.Contains(screen, "\x1b[31mred") {
				t.Errorf("the screen shows %q", screen)
			}
		})
	}
	var pipe bytes.Buffer
	Run(t.Context(), []string{"replay", "-q", "-o", "text", "testdata/mixed.raw"}, Env{Stdout: &pipe, Stderr: io.Discard})
	if strings.Contains(pipe.String(), "\x1b") {
		t.Errorf("colours in a pipe: %q", &pipe)
	}
}

// onTerminal returns what a run writes to a terminal with that many columns.
func onTerminal(t *testing.T, columns uint16, environ, args []string) string {
	t.Helper()
	screen, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	if err := pty.Setsize(screen, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	written := make(chan string)
	go func() {
		text, _ := io.ReadAll(screen) // ends with an error when the terminal is closed
		written <- string(text)
	}()
	status := Run(t.Context(), args, Env{Stdin: os.Stdin, Stdout: terminal, Stderr: io.Discard, Environ: environ})
	terminal.Close()
	if status != statusDone {
		t.Errorf("status %d", status)
	}
	return <-written
}

// Help is as wide as the terminal that it is written to.
func TestHelpOnTerminal(t *testing.T) {
	for _, command := range []string{"--help", "tail --help", "help gaps"} {
		longest := 0
		for line := range strings.Lines(onTerminal(t, 50, nil, strings.Fields(command))) {
			longest = max(longest, utf8.RuneCountInString(strings.TrimSpace(line)))
		}
		if longest > 50 || longest < 40 {
			t.Errorf("restail %s has a line of %d characters", command, longest)
		}
	}
}

func TestTerminalWidth(t *testing.T) {
	screen, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	defer terminal.Close()
	width := terminalWidth(terminal)
	if width == nil {
		t.Fatal("a terminal has no width")
	}
	for _, columns := range []uint16{80, 200, 0} {
		if err := pty.Setsize(screen, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
			t.Fatal(err)
		}
		if got := width(); got != int(columns) {
			t.Errorf("%d columns, want %d", got, columns)
		}
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, stream := range []any{file, nil, os.Stdin.Name} {
		if terminalWidth(stream) != nil {
			t.Errorf("%T has a width", stream)
		}
	}
	if !enableColor(terminal) {
		t.Error("a terminal shows no colours")
	}
}

// A run waits for the writer of a named pipe, but ends without one.
func TestNamedPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "show")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := restail(t, "", "replay", name, "-t", "10ms"); got.status != statusDone || got.stdout != "" {
		t.Errorf("nobody writes: status %d, %s%s", got.status, got.stdout, got.stderr)
	}
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	if status := Run(t.Context(), []string{"serve", name}, Env{Stdout: io.Discard, Stderr: io.Discard, Signals: signals}); status != 143 {
		t.Errorf("SIGTERM ends serve with %d", status)
	}
	// Ends the abandoned reads.
	pipe, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// A named pipe is read to its end.
func TestNamedPipeIsRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "show")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	show, err := os.ReadFile("testdata/mixed.raw")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if pipe, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil {
			pipe.Write(show)
			pipe.Close()
		}
	}()
	got := restail(t, "", "replay", name)
	if want := restail(t, "", "replay", "testdata/mixed.raw"); got != want || got.stdout == "" {
		t.Errorf("from a named pipe: %+v", got)
	}
}

// The first cause decides: a run ends with the status of its signal, although the reader
// of stdout went away before the end.
func TestSignalBeforeReaderGone(t *testing.T) {
	signals := make(chan os.Signal)
	stuck := &stuckWriter{entered: make(chan struct{}), free: make(chan struct{}), err: syscall.EPIPE}
	go func() {
		<-stuck.entered
		signals <- syscall.SIGINT
		signals <- syscall.SIGUSR1 // by now the first signal was handled
		close(stuck.free)
	}()
	status := Run(t.Context(), []string{"replay", "-q", "testdata/mixed.raw"}, Env{Stdout: stuck, Stderr: io.Discard, Signals: signals})
	if status != 130 {
		t.Errorf("status %d", status)
	}
}

// A configuration that is not a regular file is refused without waiting for it, because
// signals are not handled yet.
func TestSpecialConfiguration(t *testing.T) {
	t.Parallel()
	configured(t, mkfifo).want(t, statusUsage, "config.json: it is not a regular file")
	configured(t, func(path string) error { return os.Symlink("/dev/zero", path) }).want(t, statusUsage, "not a regular file")
	configured(t, func(path string) error { return os.Mkdir(path, 0o700) }).want(t, statusUsage, "is a directory")
}

// Of an endless filter, no more than the limit is read.
func TestEndlessFilter(t *testing.T) {
	t.Parallel()
	restail(t, "", "replay", "-q", "testdata/mixed.raw", "--filter-file", "/dev/zero").want(t, statusUsage, "/dev/zero is larger than 1 MiB")
}

// zoneOf returns the time zone in which a command line shows times.
func zoneOf(t *testing.T, environ []string, args ...string) (*time.Location, error) {
	t.Helper()
	g, err := parsed(t, environ, args...)
	return g.Tail.Time.location, err
}

// The time zone comes from the Env. It is not loaded if no local time is shown.
func TestTimeZone(t *testing.T) {
	t.Setenv("TZ", "Pacific/Auckland") // the variable of the process, which is not used
	t.Setenv("ZONEINFO", filepath.Join(t.TempDir(), "none"))
	for _, test := range []struct {
		tz   string
		want string // an hour of 2026-01-01 12:00 UTC
	}{
		{"Europe/Berlin", "13 CET"}, {":Asia/Tokyo", "21 JST"}, {"UTC", "12 UTC"}, {"", "12 UTC"}, {"EST5EDT", "07 EST"},
	} {
		zone, err := zoneOf(t, []string{"TZ=Africa/Cairo", "TZ=" + test.tz}, "-o", "text")
		if err != nil {
			t.Errorf("TZ=%s: %v", test.tz, err)
			continue
		}
		if got := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).In(zone).Format("15 MST"); got != test.want {
			t.Errorf("TZ=%s: %s, want %s", test.tz, got, test.want)
		}
	}
	if zone, err := zoneOf(t, nil, "-o", "text"); zone != time.Local || err != nil {
		t.Errorf("without TZ: %v, %v", zone, err)
	}
	for _, args := range [][]string{{}, {"-o", "raw"}, {"-o", "text", "--time", "utc"}, {"-o", "text", "--time", "none"}} {
		if zone, err := zoneOf(t, []string{"TZ=nowhere"}, args...); zone != nil || err != nil {
			t.Errorf("%q: %v, %v", args, zone, err)
		}
	}
}

// TZ can name a time zone file. Anything else is refused without waiting for it.
func TestTimeZoneFile(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A file of version 1 with one type: UTC+3:30, MOON.
	moon := "TZif" + strings.Repeat("\x00", 16) + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" +
		"\x00\x00\x00\x00" + "\x00\x00\x00\x01" + "\x00\x00\x00\x05" + "\x00\x00\x31\x38\x00\x00" + "MOON\x00"
	write("moon", []byte(moon))
	write("text", []byte("no time zone"))
	zone, err := zoneOf(t, []string{"TZ=" + filepath.Join(folder, "moon")}, "-o", "text")
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Unix(0, 0).In(zone).Format("15:04 MST"); got != "03:30 MOON" {
		t.Errorf("in the zone of the file it is %s", got)
	}
	wrong := []string{"CET-1CEST", "UTC0", "nowhere", "Local", "../moon", folder, filepath.Join(folder, "text"), filepath.Join(folder, "none"), "/dev/zero"}
	if err := syscall.Mkfifo(filepath.Join(folder, "fifo"), 0o600); err == nil {
		wrong = append(wrong, filepath.Join(folder, "fifo"))
	}
	for _, tz := range wrong {
		_, err := zoneOf(t, []string{"TZ=" + tz}, "-o", "text")
		status, hint := 0, ""
		if err != nil {
			status, hint = exitStatus(err)
		}
		if status != statusUsage || !strings.Contains(err.Error(), tz) || !strings.Contains(hint, "Europe/Berlin") {
			t.Errorf("TZ=%s: status %d, %v, %s", tz, status, err, hint)
		}
	}
}

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o600) }
