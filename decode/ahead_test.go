package decode

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// readBoth reads every frame twice, ahead and not, and holds the records against
// each other.
func readBoth(t *testing.T, frames [][]byte) (ahead int) {
	t.Helper()
	plain, d := newDecoder(), newDecoder()
	read := d.Ahead()
	for _, frame := range frames {
		ticket := read.Read(frame)
		if ticket > 0 {
			ahead++
		}
		want, wantErr := plain.Decode(frame)
		err := d.Read(frame, ticket)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("%s: %v, and %v without reading ahead", frame, err, wantErr)
		}
		if err == nil && marshal(d.Record()) != marshal(want) {
			t.Fatalf("%s:\n got %s\nwant %s", frame, marshal(d.Record()), marshal(want))
		}
	}
	return ahead
}

func TestReadingAheadChangesNothing(t *testing.T) {
	all := frames(t)
	var many [][]byte
	for len(many) < 3*AheadFrames {
		many = append(many, all...)
	}
	if ahead := readBoth(t, many); ahead < len(many)/2 {
		t.Errorf("%d of %d frames were read ahead", ahead, len(many))
	}
}

// The frames that are read ahead are some of those that the Decoder reads, in
// bursts, up to as many as there is room for.
func TestAheadInBursts(t *testing.T) {
	events, _ := mixed(t)
	plain, d := newDecoder(), newDecoder()
	read := d.Ahead()
	for burst := range slices.Chunk(events, 2*AheadFrames) {
		if len(burst) < 2*AheadFrames {
			break
		}
		tickets := make([]uint64, len(burst))
		taken := 0
		for i, event := range burst {
			if i%7 != 3 { // one that nobody had time for
				tickets[i] = read.Read(event)
			}
			if tickets[i] > 0 {
				taken++
			}
		}
		// The frame that the Decoder read last is still its own.
		if taken < AheadFrames-1 || taken > AheadFrames {
			t.Fatalf("%d frames were read ahead", taken)
		}
		for i, event := range burst {
			want, _ := plain.Decode(event)
			if err := d.Read(event, tickets[i]); err != nil || marshal(d.Record()) != marshal(want) {
				t.Fatalf("%s: %v\n got %s\nwant %s", event, err, marshal(d.Record()), marshal(want))
			}
		}
	}
}

// What was read ahead and is not asked for is done with as soon as a later
// ticket is used.
func TestAheadOfWhatNobodyReads(t *testing.T) {
	d := newDecoder()
	read := d.Ahead()
	var last uint64
	for range AheadFrames {
		last = read.Read([]byte(`{"action":"heartbeat"}`))
	}
	if read.Read([]byte(`{"action":"event"}`)) != 0 {
		t.Fatal("there was room for one more")
	}
	if err := d.Read([]byte(`{"action":"heartbeat"}`), last); err != nil || string(d.Action()) != "heartbeat" {
		t.Fatalf("%v, %s", err, d.Action())
	}
	if read.Read([]byte(`{"action":"event"}`)) == 0 {
		t.Error("there is no room")
	}
	if string(d.Action()) != "heartbeat" {
		t.Errorf("the frame that was read last became %s", d.Action())
	}
}

func TestNotReadAhead(t *testing.T) {
	read := newDecoder().Ahead()
	for _, frame := range []string{``, `{`, `{"action":"event"} x`, "\xff", `{"action":"` + strings.Repeat("x", aheadBytes) + `"}`} {
		if ticket := read.Read([]byte(frame)); ticket != 0 {
			t.Errorf("%.20q has ticket %d", frame, ticket)
		}
	}
	if ticket := read.Read([]byte(`[1]`)); ticket == 0 {
		t.Error("JSON that is no action was not read: to say so is for the Decoder")
	}
}

// One goroutine reads ahead while another decodes, as fast as they can.
func TestAheadOnAnotherGoroutine(t *testing.T) {
	type item struct {
		frame  []byte
		ticket uint64
	}
	events, _ := mixed(t)
	plain, d := newDecoder(), newDecoder()
	read := d.Ahead()
	items := make(chan item, AheadFrames/2)
	go func() {
		defer close(items)
		for i, event := range events {
			it := item{frame: bytes.Clone(event)}
			if i%3 > 0 {
				it.ticket = read.Read(it.frame)
			}
			items <- it
		}
	}()
	for it := range items {
		want, _ := plain.Decode(it.frame)
		if err := d.Read(it.frame, it.ticket); err != nil || marshal(d.Record()) != marshal(want) {
			t.Fatalf("%s: %v\n got %s\nwant %s", it.frame, err, marshal(d.Record()), marshal(want))
		}
	}
}
