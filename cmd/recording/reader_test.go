package recording

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// gzipped returns a file with a gzip member for each text.
func gzipped(texts ...string) string {
	var out bytes.Buffer
	for _, text := range texts {
		w := gzip.NewWriter(&out)
		io.WriteString(w, text)
		w.Close()
	}
	return out.String()
}

// readAll returns what a Reader reads; a line that is too long is "too long".
func readAll(t testing.TB, in io.Reader, maxLine int) (lines []string, r *Reader, err error) {
	t.Helper()
	r = NewReader(in, maxLine)
	for {
		line, err := r.Read()
		switch {
		case errors.Is(err, ErrTooLong):
			lines = append(lines, "too long")
		case err != nil:
			if _, again := r.Read(); !errors.Is(again, err) && again.Error() != err.Error() {
				t.Errorf("after the error %v comes %v", err, again)
			}
			return lines, r, err
		default:
			lines = append(lines, string(line))
		}
	}
}

func TestReader(t *testing.T) {
	long := strings.Repeat("x", 3*bufferBytes)
	for name, test := range map[string]struct {
		text string
		want []string
		open bool
	}{
		"nothing":               {"", nil, true},
		"lines":                 {"a\nb\n", []string{"a", "b"}, true},
		"no end":                {"a\nb", []string{"a", "b"}, true},
		"blank lines":           {"\n \t\r\na\r\n\r\n", []string{"a"}, true},
		"marks and NUL bytes":   {"\ufeffa\n\x00\x00b\n\x00\ufeff\x00c\n\x00\n", []string{"a", "b", "c"}, true},
		"many NUL bytes":        {strings.Repeat("\x00", 3*bufferBytes+7) + "a\n", []string{"a"}, true},
		"many, behind a mark":   {"\ufeff" + strings.Repeat("\x00", 3*bufferBytes) + "\ufeff\x00a\nb\n", []string{"a", "b"}, true},
		"a mark in two reads":   {strings.Repeat("\x00", bufferBytes-1) + "\ufeff" + strings.Repeat("\x00", bufferBytes) + "a\n", []string{"a"}, true},
		"the limit":             {strings.Repeat("y", 10) + "\r\n", []string{strings.Repeat("y", 10)}, true},
		"beyond the limit":      {strings.Repeat("y", 11) + "\na", []string{"too long", "a"}, true},
		"far beyond the limit":  {long + "\n" + long + "z", []string{"too long", "too long"}, true},
		"the limit, and a mark": {"\ufeff" + strings.Repeat("y", 10) + "\n", []string{strings.Repeat("y", 10)}, true},
	} {
		for how, in := range map[string]io.Reader{
			"plain": strings.NewReader(test.text), "by bytes": iotest.OneByteReader(strings.NewReader(test.text)),
			"padded":  strings.NewReader(gzipped(test.text) + strings.Repeat("\x00", bufferBytes+512)),
			"gzipped": strings.NewReader(gzipped(test.text)), "members": strings.NewReader(gzipped(test.text[:len(test.text)/2], "", test.text[len(test.text)/2:])),
		} {
			lines, _, err := readAll(t, in, 10)
			if !slices.Equal(lines, test.want) || err != io.EOF {
				t.Errorf("%s, %s: %.100q and %v", name, how, lines, err)
			}
		}
	}
	if lines, _, err := readAll(t, strings.NewReader(long+"\n"), len(long)); len(lines) != 1 || lines[0] != long || err != io.EOF {
		t.Errorf("a line that is longer than the buffer: %d lines and %v", len(lines), err)
	}
}

// TestReaderStopsAtTheEnd checks that nothing is read after the end: a terminal would wait
// for more input.
func TestReaderStopsAtTheEnd(t *testing.T) {
	for _, text := range []string{"", "a", "a\nb", gzipped("a\n")} {
		in := &terminal{text: text}
		if _, _, err := readAll(t, in, 10); err != io.EOF || in.ends != 1 {
			t.Errorf("%q: %v after %d ends", text, err, in.ends)
		}
	}
}

// terminal returns the text, then io.EOF again and again.
type terminal struct {
	text string
	ends int
}

func (r *terminal) Read(p []byte) (int, error) {
	if r.text == "" {
		r.ends++
		return 0, io.EOF
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}

// TestReaderState checks what a Reader reports about the lines so far.
func TestReaderState(t *testing.T) {
	r := NewReader(strings.NewReader("\n \na\nb"), 10)
	for _, want := range []struct {
		line                string
		number              int
		isBlankNow, hasNone bool
	}{{"a", 3, false, false}, {"b", 4, false, true}} {
		line, err := r.Read()
		if string(line) != want.line || err != nil || r.Line() != want.number || r.IsBlank() != want.isBlankNow || r.IsPartial() != want.hasNone {
			t.Errorf("%q and %v, line %d, blank %v, partial %v; want %+v", line, err, r.Line(), r.IsBlank(), r.IsPartial(), want)
		}
	}
	if _, r, _ := readAll(t, strings.NewReader("\n\x00 \n"), 10); !r.IsBlank() {
		t.Error("blank lines are not blank")
	}
}

func TestDamage(t *testing.T) {
	whole := gzipped("a\nb\n")
	for name, test := range map[string]struct {
		text string
		want []string
		is   error
		says string
	}{
		"cut":                     {whole[:len(whole)-8], []string{"a", "b"}, ErrCut, "the recording is cut short: unexpected EOF"},
		"a cut header":            {whole[:5], nil, ErrCut, "the recording is cut short: unexpected EOF"},
		"rubbish behind":          {whole + "rubbish that is long enough", []string{"a", "b"}, gzip.ErrHeader, "the recording cannot be read further: gzip: invalid header"},
		"UTF-16":                  {"\xff\xfea\x00", nil, nil, "this is not a recording but text in UTF-16"},
		"UTF-16 without a mark":   {"\x00{\x00\"", nil, nil, "this is not a recording but text in UTF-16"},
		"UTF-16, a blank first":   {" \x00{\x00\"\x00", nil, nil, "this is not a recording but text in UTF-16"},
		"UTF-16, big, a blank":    {"\x00 \x00{\x00\"", nil, nil, "this is not a recording but text in UTF-16"},
		"UTF-16, a line end":      {"\r\x00\n\x00{\x00", nil, nil, "this is not a recording but text in UTF-16"},
		"UTF-16, big, a line end": {"\x00\r\x00\n\x00{", nil, nil, "this is not a recording but text in UTF-16"},
		"NUL bytes in a line":     {"ab\x00c\n{\x00\x00\x00\n", []string{"ab\x00c", "{\x00\x00\x00"}, io.EOF, "EOF"},
		"UTF-16, gzipped":         {gzipped("\xfe\xff\x00a"), nil, nil, "this is not a recording but text in UTF-16"},
		"a file that goes away":   {"a\n", []string{"a"}, iotest.ErrTimeout, "the recording cannot be read further: timeout"},
		"a mark of UTF-16, later": {"a\n\xff\xfe\n", []string{"a", "\xff\xfe"}, io.EOF, "EOF"},
	} {
		in := io.Reader(strings.NewReader(test.text))
		if test.is == iotest.ErrTimeout {
			in = io.MultiReader(in, iotest.ErrReader(iotest.ErrTimeout))
		}
		lines, _, err := readAll(t, in, 100)
		if !slices.Equal(lines, test.want) || err.Error() != test.says || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("%s: %q and %v", name, lines, err)
		}
	}
}

// FuzzReader cuts and changes files, and checks that the lines before the damage are read,
// and what remains of a plain file too.
func FuzzReader(f *testing.F) {
	text := `{"action":"a"}` + "\n" + `{"restail":"link","status":"lost"}` + "\n\x00\x00\ufeff" + `{"time":"2026-01-02T03:04:05Z","action":"event"}` + "\njunk\n"
	f.Add([]byte(text), 30, 7, byte(1), false)
	f.Add([]byte(text), 50, 40, byte(0), true)
	f.Add([]byte("\xff\xfe\n"), 1, 1, byte(0), true)
	f.Fuzz(func(t *testing.T, text []byte, member, at int, flip byte, zip bool) {
		if member < 1 || at < 0 || bytes.HasPrefix(text, []byte("\x1f\x8b")) || isUTF16(text) {
			return
		}
		const maxLine = 100
		want, _, err := readAll(t, bytes.NewReader(text), maxLine)
		if errors.As(err, new(*FormatError)) {
			return
		}
		if err != io.EOF {
			t.Fatalf("%q: %v", text, err)
		}
		file := string(text)
		if zip {
			var members []string
			for part := range slices.Chunk(text, member) {
				members = append(members, string(part))
			}
			file = gzipped(members...)
		}
		if got, _, err := readAll(t, strings.NewReader(file), maxLine); !slices.Equal(got, want) || err != io.EOF && file != "" {
			t.Fatalf("%q: %q and %v", text, got, err)
		}
		if at = min(at, len(file)); zip && at < 2 || !zip && isUTF16([]byte(file[:at])) {
			return
		}
		cut, _, err := readAll(t, strings.NewReader(file[:at]), maxLine)
		if errors.As(err, new(*FormatError)) {
			return // what is left can look like UTF-16
		}
		if err != io.EOF && !errors.Is(err, ErrCut) {
			t.Fatalf("cut at %d: %v", at, err)
		}
		whole := max(0, len(cut)-1) // the last line may be cut too
		if len(cut) > len(want) || !slices.Equal(cut[:whole], want[:whole]) {
			t.Fatalf("cut at %d: %q, want the beginning of %q", at, cut, want)
		}
		if at < len(file) { // damage of any kind ends
			changed := []byte(file)
			changed[at] ^= flip
			readAll(t, bytes.NewReader(changed), maxLine)
		}
	})
}
