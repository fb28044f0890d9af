//go:build unix

package main

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/format"
)

// What restail is compared with writes the same records.
func TestNaiveRecords(t *testing.T) {
	c := newCorpus(corpusEvents, 11)
	decoder, lines, channels := decode.New(time.Now), format.NDJSON{}, map[string]string{}
	compare := func(frame []byte) {
		record, err := decoder.Decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		var a action
		if err := json.Unmarshal(frame, &a); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(a.flat(channels))
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal(line, &got) != nil || json.Unmarshal(lines.Record(nil, record, frame), &want) != nil {
			t.Fatalf("not JSON: %s", line)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nbecomes\n%v\nnot\n%v", frame, got, want)
		}
	}
	c.opening.messages(compare)
	c.events.messages(compare)
}
