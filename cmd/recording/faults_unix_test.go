//go:build linux || darwin

package recording

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// isLimited runs the test in another process, where files can be limited, and
// reports whether this is the one.
func isLimited(t *testing.T) bool {
	if os.Getenv("RECORDING_LIMITED") != "" {
		return true
	}
	command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
	command.Env = append(os.Environ(), "RECORDING_LIMITED=1")
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// TestDiskFull has a disk that is full for a while.
func TestDiskFull(t *testing.T) {
	if !isLimited(t) {
		return
	}
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			var warnings []error
			w, err := Open(Options{Layout: path, Warn: func(err error) { warnings = append(warnings, err) }})
			if err != nil {
				t.Fatal(err)
			}
			sent := 0
			record := func(count int) {
				for range count {
					send(w, numbered(sent))
					sent++
					time.Sleep(10 * time.Millisecond)
				}
			}
			limitFiles(t, 20_000)
			record(3000)
			data, err := os.ReadFile(path)
			if err != nil || len(data) < 15_000 || len(data) > 20_000 {
				t.Errorf("%d bytes are recorded: %v", len(data), err)
			}
			if text := contents(t, path); !strings.HasSuffix(text, "\n") {
				t.Errorf("the last line is cut: %.100s", text[strings.LastIndex(text, "\n")+1:])
			}
			limitFiles(t, 1<<40)
			record(1000)
			stamp := w.Written()
			if since := time.Since(stamp); since > time.Second {
				t.Errorf("written until %v ago", since)
			}
			err = w.Close()
			if !errors.Is(err, syscall.EFBIG) {
				t.Errorf("the end: %v", err)
			}
			if len(warnings) != 1 || warnings[0].Error() != "cannot record to "+path+": file too large" {
				t.Errorf("warnings: %v", warnings)
			}
			checkWhole(t, path)
			checkHoles(t, contents(t, path), sent)
		})
	})
}

// checkHoles checks that each of the frames is there or in a stated hole.
func checkHoles(t *testing.T, text string, sent int) {
	t.Helper()
	next, holes := 0, 0
	for line := range strings.Lines(text) {
		if own, ok := ParseOwn([]byte(line)); ok {
			next += int(own.Actions)
			holes++
			if shortest := float64(own.Actions-1) * 0.01; own.Seconds < shortest || own.Seconds > shortest+retryEvery.Seconds()+1 {
				t.Errorf("%d frames, one each 10 ms: %s", own.Actions, line)
			}
			continue
		}
		if n, whole := isNumbered(strings.TrimSuffix(line, "\n")); n != next || !whole {
			t.Fatalf("frame %d is %s", next, line)
		}
		next++
	}
	if next != sent || holes == 0 {
		t.Errorf("%d of %d frames are there or in one of %d holes", next, sent, holes)
	}
}

func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit)
	if limit.Cur = size; err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestDiskStaysFull ends while nothing can be written.
func TestDiskStaysFull(t *testing.T) {
	if !isLimited(t) {
		return
	}
	both(t, func(t *testing.T, path string) {
		before := []byte(event + "\n")
		if strings.HasSuffix(path, ".gz") {
			before = zipped(string(before))
		}
		limitFiles(t, 1<<40)
		if err := os.WriteFile(path, before, 0o666); err != nil {
			t.Fatal(err)
		}
		warnings := 0
		w, err := Open(Options{Layout: path, Warn: func(error) { warnings++ }})
		if err != nil {
			t.Fatal(err)
		}
		limitFiles(t, uint64(len(before)))
		send(w, event, event)
		if err := w.Close(); err == nil || !strings.HasPrefix(err.Error(), "2 actions were not recorded: ") {
			t.Errorf("the end: %v", err)
		}
		if warnings != 1 || !w.Written().IsZero() {
			t.Errorf("%d warnings, written until %v", warnings, w.Written())
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
			t.Errorf("%d bytes became %d", len(before), len(after))
		}
	})
}

func TestStateBehindALink(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "state"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	s := openState(t, link)
	s.Save(time.Now(), nil)
	s.Close()
	if c, err := readState(path); err != nil || c.Complete.IsZero() {
		t.Errorf("the state behind the link: %v, %v", c, err)
	}
}

func TestStateCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var warnings []string
		s, err := OpenState(filepath.Join(dir, "state"), func(err error) { warnings = append(warnings, err.Error()) })
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(dir, dir+"2"); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			s.Save(time.Now(), nil)
			time.Sleep(time.Second)
		}
		if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "cannot write the state: ") {
			t.Errorf("warnings: %q", warnings)
		}
		if err := os.Rename(dir+"2", dir); err != nil {
			t.Fatal(err)
		}
		last := time.Now()
		s.Save(last, nil)
		s.Close()
		if c, err := readState(filepath.Join(dir, "state")); err != nil || !c.Complete.Equal(last) {
			t.Errorf("got %v, %v", c, err)
		}
	})
}
