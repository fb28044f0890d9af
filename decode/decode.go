// Package decode turns the actions of Restream's chat into flat records, and
// keeps the map of connections that the actions tell of.
//
// An action goes through in two steps. The first needs nothing but the frame, so
// that another goroutine can take it ahead of the Decoder: package scan checks
// the JSON, and wire.go, payload.go and target.go note where the values lie that
// have one of the keys of keys.go. In the second, with eventTypeId known wherever
// it stood, the functions of actions.go, event.go and of each platform's file
// write them into a record. Where nobody wants the record, as when a recording is
// made, the second step is left out.
//
// The scanner is our own, since a record needs a fraction of what a general
// library does for it: no map and no string is built, no number is computed,
// keys that nobody asks for are only checked, and every string keeps the news
// that it needs no escape, so that writing it is one copy. For frames of 724
// bytes a typed encoding/json takes 10.6 µs, go-json-experiment 4.5 µs, goccy and
// fastjson 2.2 µs; this package takes about one, the record included. Its
// verdict and its values are encoding/json's: FuzzScan and FuzzDecode hold it to
// that.
package decode

import (
	"time"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// BrokenError says that a frame is no action: not exactly one JSON object with
// an action, a string that is not empty.
type BrokenError struct {
	// Why is what is wrong, as in "not JSON: '}' after a key at byte 17". It is
	// safe to print.
	Why string
}

func (e *BrokenError) Error() string { return e.Why }

// Decoder decodes the actions of one session, in the order of their arrival.
// It is not safe for concurrent use.
type Decoder struct {
	now         func() time.Time
	lean        bool
	keep        int // for how many smaller frames the memory of a large one is kept
	wire        wire
	frame       frame  // that was not read ahead
	ahead       *Ahead // nil for none
	row         row
	kind        *action // of the frame
	placed      bool    // the row has what place writes
	complete    bool    // the row has everything
	connections connections
	change      record.Linked
	changed     bool
	updated     bool
}

// New returns a Decoder. now is asked for the time of receipt of an action
// that has no usable stamp.
func New(now func() time.Time) *Decoder {
	return &Decoder{now: now, connections: newConnections()}
}

// Lean has the Decoder expect that nobody asks for records or platforms: it only
// checks a payload then, and reads it once more should somebody ask after all, or
// should the action change the map of connections.
func (d *Decoder) Lean() { d.lean = true }

// A frame larger than large leaves much memory behind. It is kept for the next
// one, until so many smaller frames came in between: one huge frame in a quiet
// chat is no reason to keep it for ever.
const (
	large     = 64 << 10
	keepLarge = 16
)

// Read reads one action: all of its JSON is checked, and what it changes in the
// map of connections is done. The record waits until somebody asks for it, or
// for a part of it. ticket is what [Ahead.Read] has returned for the frame; 0 for
// none. The error, a *BrokenError, says that the frame is no action; it changes
// nothing in the map, and the next frame is welcome.
func (d *Decoder) Read(frame []byte, ticket uint64) error {
	d.changed, d.updated = false, false
	d.row.Reset()
	d.trim(len(frame))
	d.row.frame = &d.frame
	if ticket > 0 {
		d.row.frame = d.ahead.take(ticket)
	} else if err := d.wire.read(&d.frame, frame, d.lean); err != nil {
		return &BrokenError{"not JSON: " + err.Error()}
	}
	name := d.row.value(keyAction)
	switch {
	case d.row.kind != scan.Object:
		return &BrokenError{d.row.kind.String() + ", not an object"}
	case name.Kind == scan.Missing:
		return &BrokenError{"no action"}
	case name.Kind != scan.String:
		return &BrokenError{"its action is " + name.Kind.String() + ", not a string"}
	case len(name.Bytes) == 0:
		return &BrokenError{"its action is an empty string"}
	}
	if string(name.Bytes) == "link" { // the tool's own word
		d.row.SetPlain(record.Action, "wire_link")
	} else {
		d.row.put(record.Action, keyAction)
	}
	d.kind, d.placed, d.complete = actionOf(name.Bytes), false, false
	if d.kind.enter != nil {
		d.Record()
		d.kind.enter(d)
	}
	return nil
}

// trim gives the memory of a large frame back once enough smaller ones follow.
func (d *Decoder) trim(size int) {
	if size > large {
		d.keep = keepLarge
	} else if d.keep > 0 {
		if d.keep--; d.keep == 0 {
			d.wire, d.frame, d.row = wire{}, frame{}, row{}
		}
	}
}

// Action returns the record's action. It, Platform and Record are of the frame
// that was read last, without an error. What they return is valid until the
// next Read, and only while the frame is not changed: it is full of views of it.
func (d *Decoder) Action() []byte { return d.row.Bytes(record.Action) }

// Platform returns the record's platform, nothing when it has none. It costs
// less than the whole record.
func (d *Decoder) Platform() []byte {
	d.place()
	return d.row.Bytes(record.Platform)
}

// place writes where the action comes from, if that was not done yet.
func (d *Decoder) place() {
	if !d.placed {
		d.placed = true
		if d.row.skipped {
			d.frame.own = nil // the action may be a view of it
			d.wire.read(&d.frame, d.row.data, false)
		}
		d.row.put(record.Connection, keyConnection)
		d.kind.place(d)
	}
}

// Record returns the record of the action that was read last.
func (d *Decoder) Record() *record.Record {
	if !d.complete {
		d.complete = true
		d.place()
		d.row.putTime(d.now)
		d.row.put(record.SourceID, keySourceID)
		d.row.put(record.UserID, keyUserID)
		if d.kind.write != nil {
			d.kind.write(d)
		}
	}
	return &d.row.Record
}

// Decode is Read and Record in one; without a record there is an error.
func (d *Decoder) Decode(frame []byte) (*record.Record, error) {
	if err := d.Read(frame, 0); err != nil {
		return nil, err
	}
	return d.Record(), nil
}

// Change returns what the last action changed in the map of connections if that
// is news to people, else nil. It is valid until the next Read.
func (d *Decoder) Change() *record.Linked {
	if !d.changed {
		return nil
	}
	return &d.change
}

// Updated tells whether the last action made [Decoder.Linked] different, be it
// news or not: a connection that is reconnecting is none.
func (d *Decoder) Updated() bool { return d.updated }

// Linked returns the map of connections, sorted by platform, channel and
// identifier.
func (d *Decoder) Linked() []record.Linked { return d.connections.linked() }

// Frame returns the last connection_info of that connection as it was received,
// nil when the map has none. It is the map's own copy and must not be written
// to; the next connection_info of the same connection may.
func (d *Decoder) Frame(identifier string) []byte { return d.connections.frame(identifier) }

// Drained tells that there were connections, and every one of them was closed
// because another connection took over: chat goes somewhere else.
func (d *Decoder) Drained() bool { return d.connections.drained() }

// Relink says that the actions to come are those of a new socket. The map
// starts anew, since the service sends the whole set again; what it knew is
// remembered, so that a connection that comes back as it was is no news.
func (d *Decoder) Relink() { d.connections.relink() }

// Gone returns the connections of earlier sockets that were not announced
// again, in the order of [Decoder.Linked], and forgets them. It is to be asked
// once the set of a new socket has settled.
func (d *Decoder) Gone() []record.Linked { return d.connections.gone() }

// Lingering returns the connections that went back to connecting, of which
// [Decoder.Change] told something else, and takes that as told now. It is to be
// asked when nothing has been updated for a while: until then it may be a flap.
func (d *Decoder) Lingering() []record.Linked { return d.connections.lingering() }
