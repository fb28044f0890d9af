//go:build unix

package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/restail/restail/cmd/serve"
)

// foreign are the programs that recipes call. In the tests, each is this binary under
// another name. It logs its arguments and its stdin, so that nothing has to be installed.
var foreign = []string{"kcat", "nats", "notify-send", "redis-cli", "sqlite3"}

// Under another name, this binary is restail or one of foreign.
func init() {
	name := filepath.Base(os.Args[0])
	switch {
	case name == "restail":
		signals := make(chan os.Signal, 8)
		signal.Notify(signals, Signals(signal.Ignored)...)
		os.Exit(Run(context.Background(), os.Args[1:], Env{
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
			Environ: os.Environ(), Signals: signals, Exit: os.Exit,
		}))
	case slices.Contains(foreign, name):
		if _, err := os.Stat(filepath.Join(os.Getenv("CALLS"), name+" is down")); err == nil {
			fmt.Fprintln(os.Stderr, name, "cannot connect")
			os.Exit(1)
		}
		if err := logCall(os.Getenv("CALLS"), name, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// logCall adds a call to the log of a program: its arguments, unless they equal those of
// the last call, and its stdin.
func logCall(folder, name string, args []string) error {
	called := fmt.Sprintf("%q\n", args)
	before, err := os.ReadFile(filepath.Join(folder, name+" called"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !bytes.HasSuffix(before, []byte(called)) {
		if err := os.WriteFile(filepath.Join(folder, name+" called"), append(before, called...), 0o600); err != nil {
			return err
		}
	}
	read, err := os.OpenFile(filepath.Join(folder, name+" read"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(read, os.Stdin)
	return errors.Join(err, read.Close())
}

// sandbox is where recipes run: a PATH that begins with restail and the foreign programs,
// a working folder, and a folder for the logs of the programs.
type sandbox struct {
	recipes, work, calls string
	environ              []string
}

func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	recipes, err := filepath.Abs("../scripts/recipes")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for _, name := range append([]string{"restail"}, foreign...) {
		if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	s := &sandbox{recipes: recipes, work: t.TempDir(), calls: t.TempDir()}
	s.environ = []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "CALLS=" + s.calls, "HOME=" + s.work,
		"TZ=UTC", "LANG=C.UTF-8", "RESTREAM_ACCESS_TOKEN=T0k3n",
		"GORACE=atexit_sleep_ms=0", // each process would sleep for a second at its end
	}
	return s
}

// command returns a recipe that is ready to run, in a process group of its own.
func (s *sandbox) command(t *testing.T, environ []string, recipe string, args ...string) *exec.Cmd {
	command := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join(s.recipes, recipe)}, args...)...)
	command.Dir, command.Env = s.work, append(slices.Clone(s.environ), environ...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = 10 * time.Second
	return command
}

// run runs a recipe to its end and returns a transcript of it, without the stderr of a
// failure.
func (s *sandbox) run(t *testing.T, line string, environ ...string) string {
	t.Helper()
	words := splitShell(t, line)
	for len(words) > 0 && strings.Contains(words[0], "=") {
		environ, words = append(environ, words[0]), words[1:]
	}
	command := s.command(t, environ, words[0], words[1:]...)
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	var failed *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	out := "$ " + line + "\n" + stdout.String()
	if failed != nil {
		return fmt.Sprintf("%s? %d\n", out, failed.ExitCode())
	}
	for said := range strings.Lines(stderr.String()) {
		out += "2> " + said
	}
	return out
}

// files returns every file in the working folder, and every log.
func (s *sandbox) files(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, folder := range []string{s.work, s.calls} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if len(text) > 0 {
				fmt.Fprintf(&out, "-- %s\n%s", strings.TrimPrefix(path, folder+"/"), text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// hostile is a recording of messages that attack the shell, a path, an argument, a
// command, a spreadsheet, an SQL statement or the terminal. Its last action gives a
// status line with "the end".
const hostile = "testdata/recipes/hostile.raw"

// hostileActions reads the actions of the hostile recording.
func hostileActions(t *testing.T) []serve.Action {
	t.Helper()
	frames, err := os.Open(hostile)
	if err != nil {
		t.Fatal(err)
	}
	defer frames.Close()
	actions, _, err := serve.Recording(frames, 16<<20)
	if err != nil {
		t.Fatal(err)
	}
	return actions
}

// recipes are the runs of each recipe in its golden file. HOSTILE stands for the path of
// the recording, and SHOW, BROKEN and EMPTY for the addresses of chats.
var recipes = map[string][]string{
	"alert.sh": {
		"WORDS=goat alert.sh demo --speed max -q -n 3",
		"WORDS=GOAT|drop alert.sh replay HOSTILE -q",
		"alert.sh demo -q",
		"WORDS=( alert.sh demo -q",
	},
	"connected.sh": {
		"RESTAIL_URL=SHOW connected.sh --settle 200ms",
		"RESTAIL_URL=BROKEN connected.sh --settle 200ms",
		"RESTAIL_URL=EMPTY connected.sh --settle 50ms",
		"RESTAIL_URL=SHOW connected.sh --settle soon",
		"RESTAIL_URL=ws://127.0.0.1:1/ws connected.sh --max-backoff 1ms",
	},
	"kafka.sh":      {"kafka.sh demo --speed max -q -a event -n 2", "BROKERS=one:9092 TOPIC=chat kafka.sh replay HOSTILE -q"},
	"moderators.sh": {"moderators.sh demo --speed max -q", "moderators.sh replay HOSTILE -q"},
	"nats.sh":       {"nats.sh demo --speed max -q -a event -n 2", "SUBJECT=chat.lotte nats.sh replay HOSTILE -q"},
	"newcomers.sh": {
		"newcomers.sh demo --speed max -q -p kick",
		"SEEN=seen.txt newcomers.sh demo --speed max -q -p kick,rumble",
		"SEEN=seen.txt newcomers.sh demo --speed max -q -p kick,rumble,dlive",
		"newcomers.sh replay HOSTILE -q",
	},
	"notify.sh":        {"notify.sh demo --speed max -q", "notify.sh replay HOSTILE -q"},
	"per-broadcast.sh": {"FOLDER=chats/2026 per-broadcast.sh demo --speed max -q -n 4", "per-broadcast.sh replay HOSTILE -q"},
	"per-minute.sh":    {"per-minute.sh demo --speed max -q", "per-minute.sh replay HOSTILE -q"},
	"questions.sh":     {"questions.sh demo --speed max -q", "questions.sh replay HOSTILE -q"},
	"redis.sh":         {"redis.sh demo --speed max -q -a event -n 2", "STREAM=chat:lotte LIMIT=10 HOST=broker PORT=1 redis.sh replay HOSTILE -q"},
	"sqlite.sh":        {"sqlite.sh demo --speed max -q -a event -n 2", "DB=other.db sqlite.sh replay HOSTILE -q"},
	"superchats.sh":    {"superchats.sh demo --speed max -q", "superchats.sh replay HOSTILE -q"},
	"words.sh":         {"words.sh demo --speed max -q", "TOP=3 LETTERS=1 words.sh replay HOSTILE -q"},
}

// Every recipe runs on the built-in show and on a hostile recording. Its golden file has
// its output, the files that it wrote, and its calls; -update rewrites it.
func TestRecipes(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("../scripts/recipes/*.sh")
	if err != nil || len(scripts) != len(recipes) {
		t.Fatalf("%d recipes are tested, want %d: %v", len(recipes), len(scripts), err)
	}
	actions := hostileActions(t)
	recording, err := filepath.Abs(hostile)
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer(
		"HOSTILE", recording, "SHOW", chat(t, serve.Options{}),
		"BROKEN", chat(t, serve.Options{Actions: actions}), "EMPTY", chat(t, serve.Options{Actions: []serve.Action{}}),
	)
	for recipe, lines := range recipes {
		t.Run(recipe, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			var got strings.Builder
			for _, line := range lines {
				said := s.run(t, fill.Replace(line))
				_, said, _ = strings.Cut(said, "\n")
				fmt.Fprintf(&got, "$ %s\n%s", line, said)
			}
			got.WriteString(s.files(t))
			golden := filepath.Join("testdata/recipes", strings.TrimSuffix(recipe, ".sh")+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(visible(got.String())), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := visible(got.String()); got != string(want) {
				t.Errorf("%s differs; -update rewrites it:\n%s", golden, firstDifference(string(want), got))
			}
		})
	}
}

// visible writes invisible characters as <U+202E>, so that an editor does not change the
// golden files.
func visible(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			out.WriteRune(r)
		} else {
			fmt.Fprintf(&out, "<U+%04X>", r)
		}
	}
	return out.String()
}

// recordLine matches a record in a log. Lines for Redis end in CR LF.
var recordLine = regexp.MustCompile(`(?m)^\{.*\}\r?$`)

// records returns the records that the recipes passed on, one a line.
func (s *sandbox) records(t *testing.T) string {
	t.Helper()
	var records strings.Builder
	for _, record := range recordLine.FindAllString(s.files(t), -1) {
		records.WriteString(strings.TrimSuffix(record, "\r") + "\n")
	}
	return records.String()
}

// Recipes that pass records on pass each one once, in order and unchanged.
func TestRelaysLoseNothing(t *testing.T) {
	t.Parallel()
	show := said(t, nil, "demo", "--speed", "max", "-q", "-a", "event,reply_created")
	for _, recipe := range []string{"kafka.sh", "nats.sh", "redis.sh", "sqlite.sh", "per-broadcast.sh"} {
		t.Run(recipe, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			s.run(t, recipe+" demo --speed max -q -a event,reply_created")
			if got := s.records(t); got != show {
				t.Errorf("other records arrived: %s", firstDifference(show, got))
			}
		})
	}
}

// A record whose second half comes late is passed on whole.
func TestRelaysWaitForALine(t *testing.T) {
	t.Parallel()
	const slow = "#!/bin/sh\necho '{\"a\":1}'; printf '{\"b\":'; sleep 2; echo '2}'\n"
	for _, recipe := range []string{"redis.sh", "sqlite.sh"} {
		t.Run(recipe, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "restail"), []byte(slow), 0o755); err != nil {
				t.Fatal(err)
			}
			s.run(t, recipe, "PATH="+bin+":"+strings.TrimPrefix(s.environ[0], "PATH="))
			if got := s.records(t); got != "{\"a\":1}\n{\"b\":2}\n" {
				t.Errorf("these arrived:\n%s", got)
			}
		})
	}
}

// In a chat that goes silent, a recipe has written every message at once. What it counts
// is written after Ctrl-C.
func TestRecipesAreLive(t *testing.T) {
	t.Parallel()
	actions := hostileActions(t)
	url := "RESTAIL_URL=" + chat(t, serve.Options{Actions: actions})
	for recipe, want := range map[string]struct{ live, atTheEnd string }{
		"alert.sh":         {live: "?v=1 goat\n"},
		"kafka.sh":         {live: "the end"},
		"moderators.sh":    {live: "--help: "},
		"nats.sh":          {live: "the end"},
		"newcomers.sh":     {live: "-u "},
		"notify.sh":        {live: "+5 @EUR"},
		"per-broadcast.sh": {live: "own goat"},
		"per-minute.sh":    {live: "15:37      2 youtube\n", atTheEnd: "15:38      1 twitch\n"},
		"questions.sh":     {live: "日本語?"},
		"redis.sh":         {live: "the end"},
		"sqlite.sh":        {live: "the end"},
		"superchats.sh":    {live: "日本語?"},
		"words.sh":         {atTheEnd: "2 goat\n"},
	} {
		t.Run(recipe, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t)
			command := s.start(t, []string{url, "WORDS=goat"}, recipe)
			s.waitFor(t, "the end")
			s.waitFor(t, want.live)
			if err := syscall.Kill(-command.Process.Pid, syscall.SIGINT); err != nil {
				t.Error(err)
			}
			if err := command.Wait(); err == nil {
				t.Error("status 0 after Ctrl-C")
			}
			s.waitFor(t, want.atTheEnd)
		})
	}
}

// create creates a file in the working folder.
func (s *sandbox) create(t *testing.T, name string) *os.File {
	file, err := os.Create(filepath.Join(s.work, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// waitFor waits until a file has the text.
func (s *sandbox) waitFor(t *testing.T, words string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(s.files(t), words); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q is missing:\n%s", words, s.files(t))
		}
	}
}
