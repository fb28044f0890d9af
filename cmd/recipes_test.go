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

// foreign are the commands of others that recipes call. In the tests each is
// this binary under another name, which writes down what it was called with
// and what it read, so that nothing has to be installed.
var foreign = []string{"kcat", "nats", "notify-send", "redis-cli", "sqlite3"}

// Called by another name, this binary is restail or one of foreign.
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
		if err := writeDown(os.Getenv("CALLS"), name, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// writeDown adds a call to the files of a command: its arguments, unless they
// are those of the call before, and its stdin as it comes.
func writeDown(folder, name string, args []string) error {
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

// kitchen is where recipes run: a PATH with restail and the foreign commands
// in front, a folder to work in, and one with what was called.
type kitchen struct {
	recipes, work, calls string
	environ              []string
}

func newKitchen(t *testing.T) *kitchen {
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
	k := &kitchen{recipes: recipes, work: t.TempDir(), calls: t.TempDir()}
	k.environ = []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "CALLS=" + k.calls, "HOME=" + k.work,
		"TZ=UTC", "LANG=C.UTF-8", "RESTREAM_ACCESS_TOKEN=T0k3n",
		"GORACE=atexit_sleep_ms=0", // or each of these processes would end with a second's sleep
	}
	return k
}

// command is a recipe that is ready to run, in a process group of its own.
func (k *kitchen) command(t *testing.T, environ []string, recipe string, args ...string) *exec.Cmd {
	command := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join(k.recipes, recipe)}, args...)...)
	command.Dir, command.Env = k.work, append(slices.Clone(k.environ), environ...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = 10 * time.Second
	return command
}

// run runs a recipe to its end and returns it as a transcript does. What a
// failure says on stderr is held elsewhere.
func (k *kitchen) run(t *testing.T, line string, environ ...string) string {
	t.Helper()
	words := splitShell(t, line)
	for len(words) > 0 && strings.Contains(words[0], "=") {
		environ, words = append(environ, words[0]), words[1:]
	}
	command := k.command(t, environ, words[0], words[1:]...)
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

// left is every file that recipes left behind, and every call.
func (k *kitchen) left(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, folder := range []string{k.work, k.calls} {
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

// hostile is a recording of people who try to get out of their message: into
// the shell, a path, an argument, a command, a cell, a statement, a terminal.
// Its last action makes a status line with "the end".
const hostile = "testdata/recipes/hostile.raw"

// recipes are the runs of each recipe that its golden file holds. HOSTILE is
// the recording's path.
var recipes = map[string][]string{
	"alert.sh": {
		"WORDS=goat alert.sh demo --speed max -q -n 3",
		"WORDS=GOAT|drop alert.sh replay HOSTILE -q",
		"alert.sh demo -q",
	},
	"connected.sh": {
		"RESTAIL_URL=SHOW connected.sh --settle 200ms",
		"RESTAIL_URL=BROKEN connected.sh --settle 200ms",
		"RESTAIL_URL=EMPTY connected.sh --settle 50ms",
		"RESTAIL_URL=SHOW connected.sh --settle soon",
	},
	"kafka.sh":      {"kafka.sh demo --speed max -q -a event -n 2", "BROKERS=one:9092 TOPIC=chat kafka.sh replay HOSTILE -q"},
	"moderators.sh": {"moderators.sh demo --speed max -q", "moderators.sh replay HOSTILE -q"},
	"nats.sh":       {"nats.sh demo --speed max -q -a event -n 2", "SUBJECT=chat.lotte nats.sh replay HOSTILE -q"},
	"newcomers.sh": {
		"newcomers.sh demo --speed max -q -p kick,rumble",
		"newcomers.sh demo --speed max -q -p kick,rumble,dlive",
		"SEEN=seen.txt newcomers.sh replay HOSTILE -q",
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

// TestRecipes runs every script of scripts/recipes on the built-in show and on
// a hostile recording. What it wrote, what it left behind and what it called
// stand in its golden file; -update rewrites it.
func TestRecipes(t *testing.T) {
	scripts, err := filepath.Glob("../scripts/recipes/*.sh")
	if err != nil || len(scripts) != len(recipes) {
		t.Fatalf("%d recipes are tested, and %d are there: %v", len(recipes), len(scripts), err)
	}
	frames, err := os.Open(hostile)
	if err != nil {
		t.Fatal(err)
	}
	defer frames.Close()
	actions, _, err := serve.Recording(frames, 16<<20)
	if err != nil {
		t.Fatal(err)
	}
	recording, err := filepath.Abs(hostile)
	if err != nil {
		t.Fatal(err)
	}
	places := strings.NewReplacer(
		"HOSTILE", recording, "SHOW", chat(t, serve.Options{}),
		"BROKEN", chat(t, serve.Options{Actions: actions}), "EMPTY", chat(t, serve.Options{Actions: []serve.Action{}}),
	)
	for recipe, lines := range recipes {
		t.Run(recipe, func(t *testing.T) {
			t.Parallel()
			k := newKitchen(t)
			var got strings.Builder
			for _, line := range lines {
				said := k.run(t, places.Replace(line))
				_, said, _ = strings.Cut(said, "\n")
				fmt.Fprintf(&got, "$ %s\n%s", line, said)
			}
			got.WriteString(k.left(t))
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

// visible writes what cannot be seen as <U+202E>, so that the golden files are
// plain text that an editor leaves alone.
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

// streamed are records in what was passed on; Redis's lines end in CR LF.
var streamed = regexp.MustCompile(`(?m)^\{.*\}\r?$`)

// TestRelaysLoseNothing sends the whole show through the recipes that pass
// records on: each gets there once, in order, byte for byte.
func TestRelaysLoseNothing(t *testing.T) {
	show := said(t, nil, "demo", "--speed", "max", "-q", "-a", "event,reply_created")
	for _, recipe := range []string{"kafka.sh", "nats.sh", "redis.sh", "sqlite.sh", "per-broadcast.sh"} {
		t.Run(recipe, func(t *testing.T) {
			t.Parallel()
			k := newKitchen(t)
			k.run(t, recipe+" demo --speed max -q -a event,reply_created")
			var got strings.Builder
			for _, record := range streamed.FindAllString(k.left(t), -1) {
				got.WriteString(strings.TrimSuffix(record, "\r") + "\n")
			}
			if got.String() != show {
				t.Errorf("what arrived is not what was said: %s", firstDifference(show, got.String()))
			}
		})
	}
}

// TestRecipesPassTheStatus has restail fail behind every recipe: its exit
// status is the recipe's, whatever comes after it in a pipe.
func TestRecipesPassTheStatus(t *testing.T) {
	for recipe := range recipes {
		t.Run(recipe, func(t *testing.T) {
			t.Parallel()
			got := newKitchen(t).run(t, "WORDS=x "+recipe+" --max-backoff never")
			if !strings.HasSuffix(got, fmt.Sprintf("? %d\n", statusUsage)) {
				t.Errorf("no status %d:\n%s", statusUsage, got)
			}
		})
	}
}

// TestRecipesNameMissingTools runs the recipes that need another program on a
// machine that has only restail.
func TestRecipesNameMissingTools(t *testing.T) {
	for recipe, tool := range map[string]string{
		"kafka.sh": "kcat", "nats.sh": "nats", "notify.sh": "notify-send", "redis.sh": "redis-cli", "sqlite.sh": "sqlite3",
	} {
		k := newKitchen(t)
		bash, err := exec.LookPath("bash")
		if err != nil {
			t.Fatal(err)
		}
		command := k.command(t, []string{"PATH=" + t.TempDir()}, recipe, "demo", "-n", "1", "--speed", "max")
		command.Path = bash
		out, err := command.CombinedOutput()
		var failed *exec.ExitError
		if want := recipe + ": " + tool + " is not installed"; !errors.As(err, &failed) || failed.ExitCode() != 127 || !strings.HasPrefix(string(out), want) {
			t.Errorf("%s: %v\n%s", recipe, err, out)
		}
	}
}

// TestRecipesNameTheirFiles looks for the default of every variable in the head
// of its recipe.
func TestRecipesNameTheirFiles(t *testing.T) {
	for recipe, want := range map[string]string{
		"newcomers.sh": "~/.local/state/restail/chatters.txt", "sqlite.sh": "DB is chat.db", "per-broadcast.sh": "FOLDER is the current folder",
		"kafka.sh": "BROKERS is localhost:9092 by default, TOPIC restail", "nats.sh": "SUBJECT is restail",
		"redis.sh": "STREAM is restail by default, HOST 127.0.0.1, PORT 6379",
	} {
		text, err := os.ReadFile("../scripts/recipes/" + recipe)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(text), "\nset ")
		if !strings.Contains(head, want) {
			t.Errorf("the head of %s does not say %q", recipe, want)
		}
	}
	text, _ := os.ReadFile("../scripts/recipes/newcomers.sh")
	if !strings.Contains(string(text), "SEEN=$(mktemp) scripts/recipes/newcomers.sh demo") {
		t.Error("trying newcomers.sh writes into the real file")
	}
}

// TestSuperchatsAppends writes one heading to a file that is appended to.
func TestSuperchatsAppends(t *testing.T) {
	k := newKitchen(t)
	for range 2 {
		file, err := os.OpenFile(filepath.Join(k.work, "log.csv"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		command := k.command(t, nil, "superchats.sh", "demo", "--speed", "max", "-q", "-n", "2")
		command.Stdout = file
		if err := errors.Join(command.Run(), file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	left := k.left(t)
	if strings.Count(left, "time,platform") != 1 || strings.Count(left, "2026-03-14T") != 4 {
		t.Errorf("not one heading and four lines:\n%s", left)
	}
}

// TestRecipesAreLive follows a chat that goes silent but stays: everything is
// there at once, and what is counted is there after Ctrl-C.
func TestRecipesAreLive(t *testing.T) {
	frames, err := os.Open(hostile)
	if err != nil {
		t.Fatal(err)
	}
	defer frames.Close()
	actions, _, err := serve.Recording(frames, 16<<20)
	if err != nil {
		t.Fatal(err)
	}
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
			k := newKitchen(t)
			// Files, so that what is there can be read at any time.
			stdout, stderr := k.create(t, "stdout"), k.create(t, "stderr")
			command := k.command(t, []string{url, "WORDS=goat"}, recipe)
			command.Stdout, command.Stderr = stdout, stderr
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			// What does not end by itself would redial for ever.
			defer syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
			k.await(t, "the end")
			k.await(t, want.live)
			if err := syscall.Kill(-command.Process.Pid, syscall.SIGINT); err != nil {
				t.Error(err)
			}
			if err := command.Wait(); err == nil {
				t.Error("Ctrl-C leaves no status")
			}
			if left := k.left(t); !strings.Contains(left, want.atTheEnd) {
				t.Errorf("%q is missing at the end:\n%s", want.atTheEnd, left)
			}
		})
	}
}

// create makes a file in the working folder.
func (k *kitchen) create(t *testing.T, name string) *os.File {
	file, err := os.Create(filepath.Join(k.work, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// await returns when the words are in a file that was left behind.
func (k *kitchen) await(t *testing.T, words string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(k.left(t), words); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q does not come:\n%s", words, k.left(t))
		}
	}
}
