package recording

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAppends(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		path = filepath.Join(filepath.Dir(path), "missing", "folders", filepath.Base(path))
		for range 3 {
			w := open(t, path)
			send(w, event, restored, heartbeat)
			closeWriter(t, w)
			checkWhole(t, path)
		}
		want(t, path, event, restored, heartbeat, event, restored, heartbeat, event, restored, heartbeat)
	})
}

func TestNothingReceived(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		closeWriter(t, open(t, path))
		closeWriter(t, open(t, path))
		checkWhole(t, path)
		want(t, path)
	})
}

// TestEverySecond holds the Writer to what kill -9 and a power cut may cost.
func TestEverySecond(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			w := open(t, path)
			var lines []string
			for n := range 50 {
				at := time.Now()
				send(w, event)
				lines = append(lines, event)
				if n%7 == 0 {
					time.Sleep(time.Second)
					want(t, path, lines...)
					if !w.Written().Equal(at) {
						t.Errorf("written until %v, want %v", w.Written(), at)
					}
				} else {
					time.Sleep(100 * time.Millisecond)
				}
			}
			closeWriter(t, w)
			want(t, path, lines...)
		})
	})
}

func TestLines(t *testing.T) {
	tests := []struct{ frame, line string }{
		{`{"action":"event" , "payload":{}}`, `{"action":"event" , "payload":{}}`},
		{"{\"action\":\"event\",\r\n \"payload\":{\"text\":\"a \\\"b\\n\"}\n}\n", `{"action":"event","payload":{"text":"a \"b\n"}}`},
		{"\ufeff{\"action\":\"event\"\n}", `{"action":"event"}`},
		{"\ufeff" + event, "\ufeff" + event},
		{"not\nJSON\r", "not JSON "},
		{"\n{}", " {}"},
		{"\r{}", " {}"},
		{"{}\n{}", "{} {}"},
		{"", ""},
		{"\xff\n", "\xff "},
	}
	path := filepath.Join(t.TempDir(), "show.raw")
	w := open(t, path)
	var lines []string
	for _, test := range tests {
		send(w, test.frame)
		lines = append(lines, test.line)
	}
	closeWriter(t, w)
	want(t, path, lines...)
}

func TestBatches(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		w := open(t, path)
		var all []string
		for n := range 200 {
			var frames []string
			for range n % 5 * 100 {
				frames = append(frames, fmt.Sprintf(`{"action":"event","payload":{"n":%d}}`, len(all)))
				all = append(all, frames[len(frames)-1])
			}
			data, ends, changes := batch(frames...)
			w.Frames(time.Now(), data, ends, changes)
		}
		large := `{"action":"event","payload":{"text":"` + strings.Repeat("x", 3<<20) + `"}}`
		all = append(all, large)
		send(w, large)
		closeWriter(t, w)
		want(t, path, all...)
	})
}

func TestRefusedFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, data := range map[string]string{
		"plain.gz": event + "\n", "zipped.raw": string(zipped(event + "\n")), "file": event,
		"corrupt.gz": "\x1f\x8bthis is not gzipped  ", "nul.gz": "\x00\x00\x00\x00",
	} {
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"-":            "cannot record to stdout: want the name of a file (-o raw writes the actions to stdout)",
		".":            "cannot record to .: not a regular file",
		os.DevNull:     "cannot record to " + os.DevNull + ": not a regular file",
		"plain.gz":     "cannot record to plain.gz: it is not gzipped: choose a name that does not end in .gz",
		"nul.gz":       "cannot record to nul.gz: it is not gzipped: choose a name that does not end in .gz",
		"zipped.raw":   "cannot record to zipped.raw: it is gzipped: choose a name that ends in .gz",
		"corrupt.gz":   "cannot record to corrupt.gz: it is damaged: gzip: invalid header",
		"file/show.gz": "cannot record to file/show.gz: not a directory",
	} {
		before, _ := os.ReadFile(name)
		w, err := Open(Options{Layout: name})
		if err == nil {
			w.Close()
			t.Errorf("%s is taken", name)
		} else if err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, want)
		}
		if after, _ := os.ReadFile(name); !bytes.Equal(after, before) {
			t.Errorf("%s has changed", name)
		}
	}
}

func TestCutLine(t *testing.T) {
	dir := t.TempDir()
	for name, before := range map[string]string{"a.raw": event[:20], "b.raw": event + "\n" + event[:20], "c.raw": "\x00\x00", "d.raw": "{"} {
		for _, path := range []string{filepath.Join(dir, name), filepath.Join(dir, name+".gz")} {
			data := []byte(before)
			if strings.HasSuffix(path, ".gz") {
				data = zipped(before)
			}
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			w := open(t, path)
			send(w, heartbeat)
			closeWriter(t, w)
			checkWhole(t, path)
			want(t, path, before, heartbeat)
		}
	}
}

func TestOneWriter(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			var warnings []string
			w, err := Open(Options{Layout: path, Warn: func(err error) { warnings = append(warnings, err.Error()) }})
			if err != nil {
				t.Fatal(err)
			}
			send(w, event)
			if _, err := Open(Options{Layout: path}); err == nil || !strings.HasSuffix(err.Error(), ": another process is recording to it") {
				t.Errorf("a second writer: %v", err)
			}
			// The lock stays with a file that is renamed.
			if err := os.Rename(path, path+".1"); err != nil {
				t.Fatal(err)
			}
			other := open(t, path)
			send(other, heartbeat)
			w.Reopen()
			synctest.Wait()
			send(w, event, event)
			time.Sleep(2*retryEvery + time.Second)
			if len(warnings) != 1 || !strings.HasSuffix(warnings[0], ": another process is recording to it") {
				t.Errorf("warnings: %q", warnings)
			}
			closeWriter(t, other)
			time.Sleep(retryEvery)
			send(w, event)
			if err := w.Close(); err == nil || !strings.HasPrefix(err.Error(), "2 actions were not recorded: ") {
				t.Errorf("the end: %v", err)
			}
			checkWhole(t, path)
			got := contents(t, path)
			own, ok := ParseOwn([]byte(strings.Split(got, "\n")[1]))
			if !ok || own.Actions != 2 || own.Seconds < 15 || own.Seconds > 15.1 {
				t.Errorf("the hole is stated as %+v in\n%s", own, got)
			}
		})
	})
}

func TestLayout(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 11, 28, 23, 59, 58, 0, time.FixedZone("", 3600))
		time.Sleep(time.Until(start))
		w, err := Open(Options{
			Layout: filepath.Join(dir, "%Y", "%F.raw.gz"), Location: start.Location(),
			Warn: func(err error) { t.Errorf("a warning: %v", err) },
		})
		if err != nil {
			t.Fatal(err)
		}
		first, second, third := filepath.Join(dir, "2026", "2026-11-28.raw.gz"), filepath.Join(dir, "2026", "2026-11-29.raw.gz"), filepath.Join(dir, "2026", "2026-11-30.raw.gz")
		send(w, info("a", "connecting"), info("b", "connected"), info("a", "connected"), info("c", "connected"), closed("c"), event)
		time.Sleep(3 * time.Second)
		// The set is that of the position where the file begins.
		send(w, heartbeat, info("a", "error"))
		time.Sleep(24 * time.Hour)
		if _, err := os.Stat(third); err == nil {
			t.Error("a file was begun though there is nothing to write")
		}
		send(w, restored, info("d", "connected"))
		time.Sleep(24 * time.Hour)
		send(w, sameLink, event)
		time.Sleep(24 * time.Hour)
		w.Reopen()
		synctest.Wait()
		closeWriter(t, w)
		want(t, filepath.Join(dir, "2026", "2026-12-02.raw.gz"), info("d", "connected"))
		want(t, first, info("a", "connecting"), info("b", "connected"), info("a", "connected"), info("c", "connected"), closed("c"), event)
		want(t, second, info("a", "connected"), info("b", "connected"), heartbeat, info("a", "error"))
		want(t, third, info("a", "error"), info("b", "connected"), restored, info("d", "connected"))
		want(t, filepath.Join(dir, "2026", "2026-12-01.raw.gz"), info("d", "connected"), sameLink, event)
		for _, path := range []string{first, second, third} {
			checkWhole(t, path)
		}
	})
}

// TestNextFileExists goes on with a file that another run began.
func TestNextFileExists(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			layout := filepath.Join(filepath.Dir(path), "%M"+filepath.Base(path))
			first, second := strings.Replace(layout, "%M", "00", 1), strings.Replace(layout, "%M", "01", 1)
			before := []byte(event + "\n")
			if strings.HasSuffix(path, ".gz") {
				before = zipped(event + "\n")
			}
			if err := os.WriteFile(second, before, 0o666); err != nil {
				t.Fatal(err)
			}
			w := open(t, layout)
			send(w, info("a", "connected"))
			time.Sleep(time.Minute)
			send(w, heartbeat)
			closeWriter(t, w)
			want(t, first, info("a", "connected"))
			want(t, second, event, info("a", "connected"), heartbeat)
			checkWhole(t, second)
		})
	})
}

func TestReopen(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			w := open(t, path)
			send(w, info("a", "connected"), event)
			w.Reopen() // the same file goes on
			synctest.Wait()
			send(w, event)
			if err := os.Rename(path, path+".1.gz"); err != nil {
				t.Fatal(err)
			}
			send(w, event) // still the old one
			w.Reopen()
			synctest.Wait()
			if _, err := os.Stat(path); err != nil {
				t.Error("the new file has to wait for an action")
			}
			time.Sleep(time.Second)
			want(t, path, info("a", "connected"))
			send(w, heartbeat)
			closeWriter(t, w)
			want(t, path, info("a", "connected"), heartbeat)
			checkWhole(t, path)
			if err := os.Rename(path+".1.gz", path); err != nil {
				t.Fatal(err)
			}
			checkWhole(t, path)
			want(t, path, info("a", "connected"), event, event, event)
		})
	})
}

// TestTriesAgain cannot open the file for three seconds, while nothing is received.
func TestTriesAgain(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			var warnings []string
			w, err := Open(Options{Layout: path, Warn: func(err error) { warnings = append(warnings, err.Error()) }})
			if err != nil {
				t.Fatal(err)
			}
			send(w, info("a", "connected"))
			synctest.Wait()
			if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o777)); err != nil {
				t.Fatal(err)
			}
			w.Reopen()
			time.Sleep(3 * time.Second)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if _, err := os.Stat(path); err == nil {
				t.Error("the file was opened before five seconds were over")
			}
			time.Sleep(2 * time.Second)
			want(t, path, info("a", "connected"))
			closeWriter(t, w)
			checkWhole(t, path)
			if len(warnings) != 1 || warnings[0] != "cannot record to "+path+": not a regular file" {
				t.Errorf("warnings: %q", warnings)
			}
		})
	})
}

// TestOverflow fills the backlog before anything is written.
func TestOverflow(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		warnings := make(chan error, 10)
		w, err := newWriter(Options{Layout: path, Buffer: 1, Warn: func(err error) { warnings <- err }})
		if err != nil {
			t.Fatal(err)
		}
		frame := strings.TrimSuffix(event, "}") + `,"text":"` + strings.Repeat("x", 10_000) + `"}`
		for range 500 {
			send(w, frame)
		}
		send(w, restored, info("a", "connected"))
		end := w.queue[len(w.queue)-1].last
		if w.bytes > minBuffer {
			t.Errorf("%d bytes are waiting", w.bytes)
		}
		go w.run()
		<-warnings
		send(w, heartbeat) // the hole is stated before it
		err = w.Close()
		lines := strings.Split(strings.TrimSuffix(contents(t, path), "\n"), "\n")
		n := len(lines) - 2
		if n < 50 || lines[n-1] != frame || lines[n+1] != heartbeat {
			t.Fatalf("%d lines", len(lines))
		}
		own, ok := ParseOwn([]byte(lines[n]))
		if !ok || own.Actions != int64(501-n) || own.Time.After(end) || own.Time.Add(time.Duration(own.Seconds*1e9)).Before(end) {
			t.Errorf("%d lines, and the hole is stated as %s", n, lines[n])
		}
		if wrong := fmt.Sprintf("%d actions were not recorded: cannot record to %s: the disk is too slow", 501-n, path); err == nil || err.Error() != wrong {
			t.Errorf("got  %v\nwant %s", err, wrong)
		}
		if len(warnings) != 0 {
			t.Errorf("another warning: %v", <-warnings)
		}
		// The map knows what was not recorded.
		if linked := w.connections.decoder.Linked(); len(linked) != 1 || linked[0].Status != "connected" {
			t.Errorf("the map is %v", linked)
		}
	})
}

// TestOverflowOfConnections fills the backlog with connection actions, which it keeps as
// long as there is room.
func TestOverflowOfConnections(t *testing.T) {
	w, err := newWriter(Options{Layout: filepath.Join(t.TempDir(), "show.raw"), Buffer: 1, Warn: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 * minBuffer / len(info("a", "connected")) {
		send(w, info(fmt.Sprint(n), "connected"))
	}
	if w.bytes > minBuffer+minBuffer/4 { // a chunk grows by up to a quarter
		t.Errorf("%d bytes are waiting", w.bytes)
	}
	go w.run()
	if err := w.Close(); err == nil {
		t.Error("nothing is missing")
	}
}

// TestLargeBatch has a frame that is larger than the backlog.
func TestLargeBatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "show.raw")
	w, err := Open(Options{Layout: path, Buffer: 1})
	if err != nil {
		t.Fatal(err)
	}
	frame := strings.Repeat("x", 2*minBuffer)
	send(w, frame)
	closeWriter(t, w)
	want(t, path, frame)
}

// TestSlowSync has a sync that takes ten seconds. Lines are passed to the operating
// system meanwhile.
func TestSlowSync(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			w, err := newWriter(Options{Layout: path})
			if err != nil {
				t.Fatal(err)
			}
			w.file.syncing = &pendingSync{}
			go w.run()
			var last time.Time
			var lines []string
			for range 10 {
				last = time.Now()
				send(w, event)
				lines = append(lines, event)
				time.Sleep(time.Second)
				want(t, path, lines...)
			}
			if !w.Written().IsZero() {
				t.Errorf("written until %v during the sync", w.Written())
			}
			w.synced <- nil
			w.signal()
			time.Sleep(time.Second)
			if !w.Written().Equal(last) {
				t.Errorf("written until %v, want %v", w.Written(), last)
			}
			closeWriter(t, w)
		})
	})
}

// TestCloseDuringSync ends while a sync is under way that began before the last line.
func TestCloseDuringSync(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			w, err := newWriter(Options{Layout: path})
			if err != nil {
				t.Fatal(err)
			}
			w.file.syncing = &pendingSync{}
			go w.run()
			last := time.Now()
			send(w, event)
			time.AfterFunc(time.Second, func() { w.synced <- nil })
			closeWriter(t, w)
			if !w.Written().Equal(last) {
				t.Errorf("written until %v, want %v", w.Written(), last)
			}
			want(t, path, event)
			checkWhole(t, path)
		})
	})
}

// TestSyncFails has a disk that takes lines and then cannot keep them.
func TestSyncFails(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			w := open(t, path)
			send(w, heartbeat)
			closeWriter(t, w)
			w, err := newWriter(Options{Layout: path, Warn: func(error) {}})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			write := func(frames ...string) {
				send(w, frames...)
				chunks, _, _ := w.take()
				w.record(chunks[0])
			}
			write(event, event)
			if err := errors.Join(w.startSync(), <-w.synced); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Second)
			write(event) // during the sync
			w.check(w.endSync(errors.New("input/output error")))
			if !w.Written().IsZero() {
				t.Errorf("written until %v", w.Written())
			}
			w.finish() // it states the hole, without waiting for the next try
			lines := strings.Split(contents(t, path), "\n")
			if own, ok := ParseOwn([]byte(lines[1])); !ok || !own.Time.Equal(start) || own.Seconds != 3 || own.Actions != 3 || len(lines) != 3 {
				t.Errorf("got\n%s", contents(t, path))
			}
			checkWhole(t, path)
		})
	})
}

// TestWrittenIsNotAhead has a line that is still waiting when the file is opened
// again.
func TestWrittenIsNotAhead(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			warnings := 0
			w, err := newWriter(Options{Layout: path, Warn: func(error) { warnings++ }})
			if err != nil {
				t.Fatal(err)
			}
			write := func() {
				chunks, _, _ := w.take()
				for _, c := range chunks {
					w.record(c)
				}
			}
			w.file.File.Close() // fails from now on
			send(w, event)
			write()
			w.closeFile()
			time.Sleep(time.Second)
			send(w, heartbeat)
			time.Sleep(retryEvery)
			w.tick()
			if !w.Written().IsZero() {
				t.Errorf("written until %v, but no action is on the disk", w.Written())
			}
			write()
			w.finish()
			if own, ok := ParseOwn([]byte(contents(t, path))[:len(contents(t, path))-len(heartbeat)-1]); !ok || own.Actions != 1 || own.Seconds != 6 || warnings != 1 {
				t.Errorf("%d warnings:\n%s", warnings, contents(t, path))
			}
		})
	})
}

// The time of restail's own lines says nothing about actions, which may be missing.
func TestOwnLineIsNoAction(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			w := open(t, path)
			w.Own(time.Now(), []byte(`{"restail":"link","status":"lost"}`+"\n"))
			time.Sleep(2 * flushEvery)
			if !w.Written().IsZero() {
				t.Errorf("written until %v", w.Written())
			}
			send(w, event)
			last := time.Now()
			time.Sleep(2 * flushEvery)
			if !w.Written().Equal(last) {
				t.Errorf("written until %v, want %v", w.Written(), last)
			}
			closeWriter(t, w)
		})
	})
}

func benchmarkFrames(b *testing.B, name string) {
	var frames []string
	for n := range 200 {
		frames = append(frames, fmt.Sprintf(`{"action":"event","payload":{"connectionIdentifier":"1-youtube-x","eventIdentifier":"%032x","eventPayload":{"author":{"avatar":"https://yt3.ggpht.com/a%[1]d=s120","displayName":"Viewer %[1]d","id":"UC%020[1]d","isChatModerator":false,"isChatOwner":false,"isChatSponsor":false,"isVerified":false},"bot":false,"liveChatMessageId":"LCC.%[1]x","text":"message %[2]d"},"eventSourceId":13,"eventTypeId":5,"userId":1},"timestamp":1740152273}`, n*5443576, n))
	}
	data, ends, changes := batch(frames...)
	w, err := Open(Options{Layout: filepath.Join(b.TempDir(), name), Warn: func(err error) { b.Log(err) }})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	waiting := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.bytes
	}
	for b.Loop() {
		for waiting() > defaultBuffer/2 { // measure the writing, not the dropping
			time.Sleep(100 * time.Microsecond)
		}
		w.Frames(time.Now(), data, ends, changes)
	}
	if err := w.Close(); err != nil {
		b.Error(err)
	}
}

func BenchmarkFramesPlain(b *testing.B) { benchmarkFrames(b, "show.raw") }
func BenchmarkFramesGzip(b *testing.B)  { benchmarkFrames(b, "show.raw.gz") }
