package cmd

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestFirstLook tells restail's own records from a recording, which it changes
// in nothing, however it is read.
func TestFirstLook(t *testing.T) {
	const record = `{"time":"2025-02-21T15:37:53Z","action":"event","author":"","text":"hi"}` + "\n"
	long := strings.Repeat(" ", 3*beginSize)
	for _, test := range []struct {
		text string
		want bool
	}{
		{record, true},
		{"\n" + record + record, true},
		{`{"time":"2026-05-01T19:04:11Z","action":"link","status":"connected"}`, true},
		{`{"action":"event","payload":{},"timestamp":1740152273}` + "\n" + record, false},
		{`{"action":"heartbeat","time":5,"timestamp":1740152273}`, false},
		{`{"action":"event","payload":{},"time":"2025-02-21T15:37:53Z"}`, false},
		{`{"author":"kim","text":"hi"}`, false},
		{`["time","action"]`, false},
		{"not JSON\n" + record, false},
		{record[:40], false},
		{strings.TrimSuffix(record, "\n") + long, true},
		{long + record, false},
		{"", false},
	} {
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		io.WriteString(z, test.text)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		for _, whole := range []string{test.text, zipped.String()} {
			told := 0
			look := &firstLook{ReadCloser: io.NopCloser(strings.NewReader(whole)), tell: func(string) { told++ }}
			got, err := io.ReadAll(iotest.HalfReader(look))
			if string(got) != whole || err != nil {
				t.Errorf("%.60q is read as %.60q, %v", whole, got, err)
			}
			if (told == 1) != test.want || told > 1 {
				t.Errorf("%.60q: told %d times, want %v", whole, told, test.want)
			}
		}
	}
}
