// Package decode turns the actions of Restream's chat into flat records and
// keeps the map of connections.
//
// Frames come in, one action each; records go out. A frame takes two steps.
// [Parser.Parse] checks its JSON and notes in an [Action] where the values are.
// It needs nothing but the frame, so it can run on another goroutine.
// [Decoder.Apply] takes the actions in order and updates the connection map.
// [Decoder.Record] makes the record, if it is needed.
//
// Nothing is copied: an Action holds views of its frame, and a record holds views
// of its Action. The caller owns the frame and must not change it
// while either is in use. To keep a value for longer, copy it, as the connection
// map does.
//
// payload.go has the shape of the service's JSON and reads it. actions.go, event.go
// and one file for each platform write the values into a record. [Actions] and
// [Platforms] are the tables of what restail knows: package cmd makes help and
// completion from them. The README lists the files that a new platform, field,
// action or reason needs.
package decode

import (
	"time"

	"github.com/restail/restail/decode/record"
)

// Decoder applies the actions of one session, in the order of their arrival.
// Use it on one goroutine; only [Decoder.Linked] may be called from others.
type Decoder struct {
	row         row       // the last action and its record
	received    time.Time // when the last action was received
	hasOrigin   bool      // connection, platform and channel are written
	complete    bool      // all fields are written
	connections connections
	change      *record.Linked // see Change
	updated     bool           // see Updated
	largest     int            // size of the largest frame since the row was allocated
}

// New returns a Decoder. It keeps the last connection_info of each connection
// for [Decoder.Frame].
func New() *Decoder { return &Decoder{connections: newConnections(false)} }

// NewForDrains returns a Decoder that keeps only what [Decoder.Drained] needs.
func NewForDrains() *Decoder { return &Decoder{connections: newConnections(true)} }

// Apply applies one action, which [Parser.Parse] has filled without an error: it
// updates the connection map. received stands in for a missing stamp. The record
// is made when [Decoder.Record] is called; until then a must not change.
func (d *Decoder) Apply(a *Action, received time.Time) {
	if oversized(d.largest, len(a.data)) {
		d.row, d.largest = row{}, 0
	}
	d.largest = max(d.largest, len(a.data))
	d.row.reset(a)
	d.received, d.hasOrigin, d.complete = received, false, false
	d.change, d.updated = nil, false
	if d.row.put(record.Action, a.action); string(d.Action()) == linkName {
		d.row.SetPlain(record.Action, "wire_link")
	}
	if a.typ.update != nil {
		d.Record()
		a.typ.update(d)
	}
}

// linkName is the action of the records about restail's own link. An action of the
// service with that name becomes wire_link.
const linkName = "link"

// Action returns the record's action. The results of Action, Platform and Record
// describe the last action and are valid until the next Apply.
func (d *Decoder) Action() []byte { return d.row.Bytes(record.Action) }

// Platform returns the record's platform, nil when it has none. It costs less than
// making the whole record.
func (d *Decoder) Platform() []byte {
	d.writeOrigin()
	return d.row.Bytes(record.Platform)
}

// writeOrigin writes connection, platform and channel, if that was not done yet.
func (d *Decoder) writeOrigin() {
	if !d.hasOrigin {
		d.hasOrigin = true
		d.row.put(record.Connection, d.row.payload.connection)
		d.row.typ.origin(d)
	}
}

// Record returns the record of the last action.
func (d *Decoder) Record() *record.Record {
	if !d.complete {
		d.complete = true
		d.writeOrigin()
		d.row.putTime(d.received)
		d.row.put(record.SourceID, d.row.payload.sourceID)
		d.row.put(record.UserID, d.row.payload.userID)
		if d.row.typ.write != nil {
			d.row.typ.write(d)
		}
	}
	return &d.row.Record
}

// Change returns the connection that the last action changed, if the change is
// worth a status line, else nil.
func (d *Decoder) Change() *record.Linked { return d.change }

// Updated reports whether the last action changed the result of [Decoder.Linked].
// Change returns nil for some of these changes.
func (d *Decoder) Updated() bool { return d.updated }

// Linked returns the connection map, sorted by platform, channel and identifier.
// It may be called while another goroutine calls Apply.
func (d *Decoder) Linked() []record.Linked { return d.connections.linked() }

// Frame returns the last connection_info of that connection as it was received,
// nil when the map has none. It is the map's own copy, which the next
// connection_info of the same connection overwrites.
func (d *Decoder) Frame(identifier string) []byte { return d.connections.frame(identifier) }

// Drained reports whether other connections have taken over all connections, so
// that the chat goes to another client.
func (d *Decoder) Drained() bool { return d.connections.drained() }

// Crowded reports once that the connection map was full and that a connection was
// removed from it.
func (d *Decoder) Crowded() bool { return d.connections.crowded() }

// Relink begins a new socket. The map starts empty, since the service sends the
// whole set again. Its connections are remembered, so that one that comes back
// unchanged is not reported as a change.
func (d *Decoder) Relink() { d.connections.relink() }

// Gone returns the connections of earlier sockets that were not announced
// again, in the order of [Decoder.Linked], and forgets them. Call it once the
// set of a new socket has settled.
func (d *Decoder) Gone() []record.Linked { return d.connections.gone() }

// Lingering returns the connections with the status connecting that
// [Decoder.Change] last reported with another one, and counts the status as reported.
// Call it after a while without updates: a short reconnect is not worth a line.
func (d *Decoder) Lingering() []record.Linked { return d.connections.lingering() }
