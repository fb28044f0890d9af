package session

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func replayed(t testing.TB, o ReplayOptions) *log {
	t.Helper()
	return follow(t.Context(), NewReplay(o), nil)
}

func gzipped(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.Bytes()
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 100)
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"nothing":         {"", nil},
		"one":             {"a\n", []string{"a"}},
		"no end":          {"a\nb", []string{"a", "b"}},
		"CRLF":            {"a\r\nb\r\n\r\nc\r", []string{"a", "b", "c"}},
		"blank":           {"\n\n  \t\n\r\n \r\na\n\n \n", []string{"a"}},
		"blanks stay":     {"  a  \n", []string{"  a  "}},
		"a CR inside":     {"a\rb\n", []string{"a\rb"}},
		"the limit":       {long + "\n" + long + "\r\n" + long, []string{long, long, long}},
		"too long":        {"a\n" + long + "x\nb\n", []string{"a", "broken: line 2 is longer than the limit of 100B (--max-frame)", "b"}},
		"too long at end": {"a\n\n" + long + "x", []string{"a", "broken: line 3 is longer than the limit of 100B (--max-frame)"}},
		"far too long": {strings.Repeat("x", 1<<17) + "\n" + long + "\n" + strings.Repeat("y", 1<<17) + "\r\nc",
			[]string{"broken: line 1 is longer than the limit of 100B (--max-frame)", long, "broken: line 3 is longer than the limit of 100B (--max-frame)", "c"}},
		"not text": {"\x00\xff\n\x1f\x8b\n", []string{"\x00\xff", "\x1f\x8b"}},
	} {
		for how, r := range map[string]io.Reader{
			"whole": strings.NewReader(test.text), "bytewise": iotest.OneByteReader(strings.NewReader(test.text)),
			"with the end": iotest.DataErrReader(strings.NewReader(test.text)), "gzipped": bytes.NewReader(gzipped(test.text)),
		} {
			l := replayed(t, ReplayOptions{R: r, MaxFrame: 100})
			if !slices.Equal(l.lines, test.want) || l.err != nil {
				t.Errorf("%s, %s: %.200q and %v, not %.200q", name, how, l.lines, l.err, test.want)
			}
		}
	}
}

func TestALargeRecording(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	var want []string
	random := rand.New(rand.NewPCG(1, 2))
	for size := 0; text.Len() < 4<<20; {
		size = random.IntN(2000)
		switch random.IntN(100) {
		case 0:
			size = random.IntN(1 << 20)
		case 1:
			size = slabSize - 2 + random.IntN(5)
		}
		want = append(want, strings.Repeat(string(rune('a'+len(want)%26)), 1+size))
		text.WriteString(want[len(want)-1] + "\n")
	}
	l := replayed(t, ReplayOptions{R: strings.NewReader(text.String())})
	if !slices.Equal(l.lines, want) || l.err != nil {
		t.Errorf("%d lines of %d, or others, and %v", len(l.lines), len(want), l.err)
	}
}

func TestDamagedRecordings(t *testing.T) {
	text := strings.Join(lines(1, 5000), "\n") + "\n"
	whole := gzipped(text)
	broken := slices.Clone(whole)
	broken[len(broken)-5] ^= 1 // of the checksum
	for name, test := range map[string]struct {
		data  []byte
		least int
		says  string
	}{
		"cut short":      {whole[:len(whole)*9/10], 3000, "the recording is cut short: "},
		"without an end": {whole[:len(whole)-8], 5000, "the recording is cut short: "},
		"only a header":  {whole[:5], 0, "the recording is cut short: "},
		"checksum":       {broken, 5000, "the recording cannot be read further: gzip: invalid checksum"},
		"two members":    {append(slices.Clone(whole), whole...), 10000, ""},
		"rubbish behind": {append(slices.Clone(whole), "rubbish behind"...), 5000, "the recording cannot be read further: gzip: invalid header"},
	} {
		l := replayed(t, ReplayOptions{R: bytes.NewReader(test.data)})
		if len(l.lines) < test.least || len(l.lines) > test.least+2000 {
			t.Errorf("%s: %d lines", name, len(l.lines))
		}
		if test.says == "" && l.err != nil || test.says != "" && (l.err == nil || !strings.HasPrefix(l.err.Error(), test.says)) {
			t.Errorf("%s: the error is %v, not %q", name, l.err, test.says)
		}
		if all := lines(1, 5000); len(l.lines) > 1 && !slices.Equal(l.lines[:3000], all[:3000]) && test.least > 0 {
			t.Errorf("%s: the lines are others", name)
		}
	}
	l := replayed(t, ReplayOptions{R: io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(errors.New("disk on fire")))})
	l.expect(t, "a", "b")
	if l.err == nil || !strings.HasSuffix(l.err.Error(), "disk on fire") {
		t.Errorf("the error is %v", l.err)
	}
	l = replayed(t, ReplayOptions{R: idle{}})
	if !errors.Is(l.err, io.ErrNoProgress) {
		t.Errorf("the error is %v", l.err)
	}
}

// idle returns nothing, again and again.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestALivePipeIsReadAsItComes(t *testing.T) {
	for _, speed := range []float64{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			r, w := io.Pipe()
			start := time.Now()
			go func() {
				for _, text := range []string{"0 a\n0 b\n0", " c\n", "0 d\n"} {
					io.WriteString(w, text)
					time.Sleep(time.Minute)
				}
				w.Close()
			}()
			var saw []string
			for item, err := range NewReplay(ReplayOptions{R: r, Speed: speed, Stamp: stamp}).Items(t.Context()) {
				if err != nil {
					t.Error(err)
				}
				saw = append(saw, time.Since(start).String()+" "+string(item.Frame)+" "+map[bool]string{true: "more", false: "flush"}[item.More])
			}
			if want := []string{"0s 0 a more", "0s 0 b flush", "1m0s 0 c flush", "2m0s 0 d flush"}; !slices.Equal(saw, want) {
				t.Errorf("at speed %v: %q, not %q", speed, saw, want)
			}
		})
	}
}

// stamp reads a duration at the beginning of a line as a time.
func stamp(line []byte) (time.Time, bool) {
	text, _, _ := strings.Cut(string(line), " ")
	if text == "0" {
		text = "0s"
	}
	d, err := time.ParseDuration(text)
	return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(d), err == nil
}

func TestPace(t *testing.T) {
	for name, test := range map[string]struct {
		speed float64
		text  []string
		at    []string // when each comes, and whether a flush is due then
	}{
		"as recorded": {1, []string{"100s a", "100s b", "101s c", "161s d", "24h d"},
			[]string{"0s more", "0s flush", "1s flush", "1m1s flush", "23h58m20s flush"}},
		"ten times":      {10, []string{"0s a", "10s b", "11s c"}, []string{"0s flush", "1s flush", "1.1s flush"}},
		"half":           {0.5, []string{"0s a", "10s b"}, []string{"0s flush", "20s flush"}},
		"no stamps":      {1, []string{"a", "b", "10s c", "d", "20s e"}, []string{"0s more", "0s more", "0s more", "0s flush", "10s flush"}},
		"a little back":  {1, []string{"10s a", "8s b", "9s c", "12s d"}, []string{"0s more", "0s more", "0s flush", "2s flush"}},
		"another show":   {1, []string{"9h a", "0s b", "5s c"}, []string{"0s more", "0s flush", "5s flush"}},
		"max":            {0, []string{"0s a", "10h b"}, []string{"0s more", "0s flush"}},
		"absurdly slow":  {1e-12, []string{"0s a"}, []string{"0s flush"}},
		"a broken frame": {1, []string{"0s a", strings.Repeat("x", 300), "5s c"}, []string{"0s more", "0s flush", "5s flush"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := NewReplay(ReplayOptions{R: strings.NewReader(strings.Join(test.text, "\n") + "\n"), Speed: test.speed, Stamp: stamp, MaxFrame: 100})
				start := time.Now()
				var saw []string
				for item, err := range r.Items(t.Context()) {
					if err != nil {
						t.Error(err)
					}
					synctest.Wait()
					saw = append(saw, time.Since(start).String()+" "+map[bool]string{true: "more", false: "flush"}[item.More])
				}
				if !slices.Equal(saw, test.at) {
					t.Errorf("%q, not %q", saw, test.at)
				}
			})
		})
	}
}

func TestPaceOfAges(t *testing.T) {
	t.Parallel()
	p := pace{speed: 1e-9, start: time.Unix(0, 0), first: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
	if due := p.time(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)); due.Before(time.Now().AddDate(50, 0, 0)) {
		t.Errorf("it is due on %v", due)
	}
}

func TestReplayCanBeCancelled(t *testing.T) {
	for name, test := range map[string]struct {
		text  string // then nothing more comes
		speed float64
		want  []string
	}{
		"while waiting for stdin": {"0s a\n0s b\n", 0, []string{"0s a", "0s b"}},
		"in a pause":              {"0s a\n24h b\n", 1, []string{"0s a"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := io.Pipe()
				defer w.Close() // the read goes on until then
				go io.WriteString(w, test.text)
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				start := time.Now()
				l := follow(ctx, NewReplay(ReplayOptions{R: r, Speed: test.speed, Stamp: stamp}), nil)
				l.expect(t, test.want...)
				if took := time.Since(start); took != time.Hour || l.err != nil {
					t.Errorf("it took %v and ended with %v", took, l.err)
				}
			})
		})
	}
}

func TestReplayYieldsWhatWasReceivedAtCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		defer w.Close()
		go io.WriteString(w, strings.Join(lines(1, 100), "\n")+"\n")
		ctx, cancel := context.WithCancel(t.Context())
		l := follow(ctx, NewReplay(ReplayOptions{R: r}), func(l *log, item Item) bool {
			synctest.Wait() // the rest is received
			cancel()
			synctest.Wait()
			return true
		})
		l.expect(t, lines(1, 100)...)
	})
}

func TestReplayDoesNotReadAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &endlessLines{}
		follow(t.Context(), NewReplay(ReplayOptions{R: source}), func(l *log, item Item) bool {
			time.Sleep(time.Hour)
			return len(l.lines) < 3
		})
		if read := source.read.Load(); read > runAhead+2*slabSize {
			t.Errorf("%d bytes were read for three lines", read)
		}
	})
}

// endlessLines is a recording without an end.
type endlessLines struct{ read atomic.Int64 }

func (e *endlessLines) Read(p []byte) (int, error) {
	line := []byte(strings.Repeat("x", 99) + "\n")
	n := 0
	for n+len(line) <= len(p) {
		n += copy(p[n:], line)
	}
	e.read.Add(int64(n))
	return n, nil
}

func FuzzReplay(f *testing.F) {
	f.Add([]byte("a\nb\r\n\n \nc"), 7, 3)
	f.Add([]byte(strings.Repeat("x", 300)+"\ny"), 100, 50)
	f.Add([]byte("\x1f\x8b"), 10, 1)
	f.Add([]byte("\u2000\n \u2000"), 122, 3)
	f.Fuzz(func(t *testing.T, data []byte, limit, step int) {
		if limit < 1 || step < 1 || bytes.HasPrefix(data, []byte("\x1f\x8b")) {
			return
		}
		// What the lines are, in other words.
		var want []string
		for n, line := range strings.Split(string(data), "\n") {
			switch line = strings.TrimSuffix(line, "\r"); {
			case len(line) > limit:
				want = append(want, "broken: "+(&TooLongError{n + 1, limit}).Error())
			case strings.Trim(line, " \t\r") != "":
				want = append(want, line)
			}
		}
		l := replayed(t, ReplayOptions{R: &stepReader{data, step}, MaxFrame: limit})
		if !slices.Equal(l.lines, want) || l.err != nil {
			t.Errorf("%q and %v, not %q", l.lines, l.err, want)
		}
	})
}

// stepReader reads so many bytes at once.
type stepReader struct {
	rest []byte
	step int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:min(r.step, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
}
