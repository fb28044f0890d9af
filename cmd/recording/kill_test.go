package recording

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// numbered returns a frame that isNumbered can check.
func numbered(n int) string {
	return fmt.Sprintf(`{"action":"event","payload":{"n":%d,"text":"%x"}}`, n, rand.Int64())
}

func isNumbered(line string) (n int, whole bool) {
	_, err := fmt.Sscanf(line, `{"action":"event","payload":{"n":%d,`, &n)
	return n, err == nil && strings.HasSuffix(line, `"}}`)
}

// child records numbered frames to two files until it is killed. It prints each number
// when the Writers have the frame.
func child(dir string) int {
	var writers []*Writer
	for _, name := range []string{"show.raw", "show.raw.gz"} {
		w, err := Open(Options{Layout: filepath.Join(dir, name), Warn: func(err error) { fmt.Fprintln(os.Stderr, err) }})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		writers = append(writers, w)
	}
	for n := 0; ; n++ {
		at := time.Now()
		data, ends, changes := batch(numbered(n))
		for _, w := range writers {
			w.Frames(at, data, ends, changes)
		}
		fmt.Println(n, at.UnixNano())
		time.Sleep(time.Millisecond)
	}
}

// killOne kills a child at a random time. It returns how many frames were recorded more
// than a second before the child's last output: a busy machine may not have run it until
// the kill.
func killOne(t *testing.T, dir string) (due int) {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "RECORDING_CHILD="+dir)
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatal("the child has ended")
	}
	time.AfterFunc(rand.N(1600*time.Millisecond), func() { command.Process.Kill() })
	var recorded []int64
	for more := true; more; more = lines.Scan() {
		var n int
		var at int64
		if _, err := fmt.Sscan(lines.Text(), &n, &at); err == nil {
			recorded = append(recorded, at)
		}
	}
	command.Wait()
	for _, at := range recorded {
		if at < recorded[len(recorded)-1]-time.Second.Nanoseconds() {
			due++
		}
	}
	return due
}

// memoryDir returns a directory in memory where the system has one: a busy disk
// can hold up any write for longer than a second.
func memoryDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "restail-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestKill kills recordings 20 times. It checks that no more than the last second is
// missing, that only the last line is cut, and that the next run begins a new line.
func TestKill(t *testing.T) {
	for group := range 4 {
		t.Run(fmt.Sprint(group), func(t *testing.T) {
			t.Parallel()
			dir := memoryDir(t)
			paths := []string{filepath.Join(dir, "show.raw"), filepath.Join(dir, "show.raw.gz")}
			before := make([]string, len(paths))
			for range 5 {
				due := killOne(t, dir)
				for i, path := range paths {
					text := contents(t, path)
					if !strings.HasPrefix(text, before[i]) {
						t.Fatalf("%s has lost what was there before", path)
					}
					checkKilled(t, strings.TrimPrefix(text[len(before[i]):], "\n"), due)
					before[i] = text
				}
			}
			for _, path := range paths {
				w := open(t, path)
				send(w, heartbeat)
				closeWriter(t, w)
				checkWhole(t, path)
				if !strings.HasSuffix(contents(t, path), "\n"+heartbeat+"\n") {
					t.Errorf("%s does not end with a line of its own", path)
				}
			}
		})
	}
}

// checkKilled checks what a killed child has recorded.
func checkKilled(t *testing.T, text string, due int) {
	t.Helper()
	next := 0
	for line := range strings.Lines(text) {
		n, whole := isNumbered(strings.TrimSuffix(line, "\n"))
		if !strings.HasSuffix(line, "\n") {
			break // the last one
		}
		if n != next || !whole {
			t.Fatalf("line %d is %s", next, line)
		}
		next++
	}
	if next < due {
		t.Errorf("%d lines are there, %d were recorded more than a second before", next, due)
	}
}
