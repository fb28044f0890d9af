package decode

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/restail/restail/decode/record"
)

// connections is the map of connections by the vendor's rules: the last
// connection_info of an identifier counts, and only a connection_closed with
// the uuid of that one takes it out.
type connections struct {
	open   map[string]*connection // by identifier
	before map[string]*connection // of earlier sockets, and not announced since

	// When a connection was closed last: because another one took over, and
	// for any other reason. Zero when none was on this socket.
	takenOver, dropped time.Time
}

// connection is an entry of the map. It holds copies: no frame is kept alive.
type connection struct {
	record.Linked
	platform, channel record.Chars  // those of Linked, for records
	frame             []byte        // the last connection_info
	told              record.Linked // as it was last in the news; zero when never
}

func newConnections() connections {
	return connections{open: map[string]*connection{}, before: map[string]*connection{}}
}

// find returns the entry of that identifier, nil when there is none.
func (m *connections) find(identifier []byte) *connection { return m.open[string(identifier)] }

// enter takes a connection_info, r, into the map. It returns the entry, nil
// without an identifier, and whether anything of it is different now.
func (m *connections) enter(r *record.Record, frame []byte) (c *connection, updated bool) {
	identifier := r.Bytes(record.Connection)
	if len(identifier) == 0 {
		return nil, false
	}
	if c = m.open[string(identifier)]; c == nil {
		c = m.admit(string(identifier))
		updated = true
	}
	before := c.Linked
	keep(&c.UUID, r.Bytes(record.ConnectionUUID))
	keepChars(&c.platform, &c.Platform, r.Chars(record.Platform))
	keepChars(&c.channel, &c.Channel, r.Chars(record.Channel))
	keep(&c.Status, r.Bytes(record.Status))
	keep(&c.Reason, r.Bytes(record.Reason))
	keep(&c.ReasonText, r.Bytes(record.ReasonText))
	c.frame = append(c.frame[:0], frame...)
	return c, updated || c.Linked != before
}

// admit makes an entry for an identifier that has none: that of an earlier
// socket, which knows what was told, or a new one.
func (m *connections) admit(identifier string) *connection {
	c := m.before[identifier]
	if c == nil {
		c = &connection{}
	}
	delete(m.before, identifier)
	c.Identifier, c.UUID = identifier, ""
	m.open[identifier] = c
	return c
}

// keep copies the bytes if they are not those of the string.
func keep(s *string, b []byte) {
	if *s != string(b) {
		*s = string(b)
	}
}

// keepChars is keep for a string that records share.
func keepChars(own *record.Chars, s *string, c record.Chars) {
	if *s != string(c.Bytes) {
		*s = string(c.Bytes)
		*own = record.Chars{Bytes: bytes.Clone(c.Bytes), Plain: c.Plain}
	}
}

// news tells what people have not been told yet of the connection. A fresh
// uuid is none. Neither is connecting, except of a connection that is new:
// services reconnect all the time, and what comes of it is told.
func (c *connection) news() (record.Linked, bool) {
	told, now := c.told, c.Linked
	if now.Channel == "" {
		now.Channel = told.Channel // what is not said has not changed
	}
	isNew := told.Identifier == ""
	same := now.Status == told.Status && now.Reason == told.Reason && now.Channel == told.Channel
	if !isNew && (now.Status == "connecting" || same) {
		return record.Linked{}, false
	}
	c.told = now
	return now, true
}

// remove takes every entry with the uuid of a connection_closed, r, out of the
// map, and returns the first by identifier. It is nil when there is none, which
// is normal: a new connection took its place before.
func (m *connections) remove(r *record.Record) (first *connection) {
	uuid := r.Bytes(record.ConnectionUUID)
	if len(uuid) == 0 {
		return nil
	}
	for identifier, c := range m.open {
		if c.UUID != string(uuid) {
			continue
		}
		delete(m.open, identifier)
		if first == nil || identifier < first.Identifier {
			first = c
		}
	}
	if first == nil {
		return nil
	}
	switch string(r.Bytes(record.Reason)) {
	case "replaced", "superseded":
		m.takenOver = r.At
	default:
		m.dropped = r.At
	}
	return first
}

// closed is the news that r, a connection_closed, ended the connection.
func (c *connection) closed(r *record.Record) record.Linked {
	now := c.Linked
	now.Status = "closed"
	now.Reason = string(r.Bytes(record.Reason))
	now.ReasonText = string(r.Bytes(record.ReasonText))
	if now.Channel == "" {
		now.Channel = c.told.Channel
	}
	return now
}

// atOnce is how long after a connection was closed for another reason the end
// of the rest is no drain. What somebody switched off long ago says nothing
// about the others.
const atOnce = time.Minute

func (m *connections) drained() bool {
	return len(m.open) == 0 && !m.takenOver.IsZero() &&
		(m.dropped.IsZero() || m.takenOver.Sub(m.dropped) > atOnce)
}

func (m *connections) relink() {
	maps.Copy(m.before, m.open)
	clear(m.open)
	m.takenOver, m.dropped = time.Time{}, time.Time{}
}

func (m *connections) gone() []record.Linked {
	gone := sorted(m.before)
	clear(m.before)
	return gone
}

func (m *connections) lingering() []record.Linked {
	lingering := map[string]*connection{}
	for identifier, c := range m.open {
		if c.Status == "connecting" && c.told.Status != "connecting" {
			c.told = c.Linked
			lingering[identifier] = c
		}
	}
	return sorted(lingering)
}

func (m *connections) linked() []record.Linked { return sorted(m.open) }

func sorted(connections map[string]*connection) []record.Linked {
	linked := make([]record.Linked, 0, len(connections))
	for _, c := range connections {
		linked = append(linked, c.Linked)
	}
	slices.SortFunc(linked, func(a, b record.Linked) int {
		return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Identifier, b.Identifier))
	})
	return linked
}

func (m *connections) frame(identifier string) []byte {
	if c := m.open[identifier]; c != nil {
		return c.frame
	}
	return nil
}
