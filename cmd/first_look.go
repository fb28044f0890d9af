package cmd

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
)

// mistakenHint is for who replays what restail wrote rather than what it got.
const mistakenHint = "this looks like restail's ndjson output: a recording is made with -o raw"

// beginSize is how much of a recording is looked at, in bytes: most first lines
// are a tenth of it.
const beginSize = 8 << 10

// firstLook is a recording that tells when it begins with one of restail's own
// records, plain or gzipped. It looks at what the first read returns, and no
// read after that costs more.
type firstLook struct {
	io.ReadCloser
	tell  func(hint string) // nil once it has looked
	begin []byte            // what was looked at and not read yet
}

func (f *firstLook) Read(p []byte) (int, error) {
	if f.tell != nil {
		begin := make([]byte, beginSize)
		n, err := f.ReadCloser.Read(begin)
		if n == 0 {
			return 0, err
		}
		if f.begin = begin[:n]; isRecord(firstLine(f.begin)) {
			f.tell(mistakenHint)
		}
		f.tell = nil
	}
	if len(f.begin) > 0 {
		n := copy(p, f.begin)
		f.begin = f.begin[n:]
		return n, nil
	}
	return f.ReadCloser.Read(p)
}

// firstLine returns the first line of what a recording begins with.
func firstLine(begin []byte) []byte {
	if unzipped, err := gzip.NewReader(bytes.NewReader(begin)); err == nil {
		begin, _ = io.ReadAll(io.LimitReader(unzipped, beginSize)) // what there is of it
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(begin), []byte("\n"))
	return line
}

// isRecord tells a record from an action, whose stamp and payload go by other
// names.
func isRecord(line []byte) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(line, &keys) != nil {
		return false
	}
	has := func(key string) bool { _, ok := keys[key]; return ok }
	return has("time") && has("action") && !has("payload") && !has("timestamp")
}
