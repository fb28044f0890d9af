package decode

import (
	"cmp"
	"container/list"
	"slices"
	"sync"
	"time"

	"github.com/restail/restail/decode/record"
)

// The limits of the connection map. Beyond them the least recently announced
// connection is removed.
const (
	maxConnections = 4096
	maxBytes       = 64 << 20 // actions and strings
)

// connections is the connection map. It follows the rules of Restream's documentation:
// the last connection_info of an identifier counts, and only a connection_closed with
// the uuid of that connection_info removes it. The map holds copies, so that it keeps no
// frame alive.
//
// One goroutine changes the map, and reads it without locking mu. Others may list
// it with mu locked: mu guards entries, and Linked and isOpen of each connection.
type connections struct {
	mu      sync.Mutex
	entries map[string]*connection // by identifier

	open            map[string][]*connection // those of this socket that have a uuid, by uuid
	openCount       int                      // all of this socket
	announced       list.List                // of *connection, the most recently announced first
	bytes           int                      // held by all entries
	onlyOpen        bool                     // keep nothing but which connections are open
	evicted         bool                     // a connection was removed because the map was full
	crowdedReported bool                     // crowded has reported the eviction

	// takenOver is when a connection of this socket was last closed because another
	// one took over; dropped is when one was last closed for any other reason. Zero
	// means never.
	takenOver, dropped time.Time
}

// connection is an entry of the map.
type connection struct {
	record.Linked
	plainPlatform, plainChannel bool   // see [record.Chars]
	frame                       []byte // the last connection_info
	isOpen                      bool   // announced on this socket
	wasReported                 bool
	reported                    state         // what was last reported
	index                       int           // in open[UUID]
	element                     *list.Element // in announced
	bytes                       int
}

// state is the part of a connection that status lines report.
type state struct{ status, reason, channel string }

func newConnections(onlyOpen bool) connections {
	return connections{entries: map[string]*connection{}, open: map[string][]*connection{}, onlyOpen: onlyOpen}
}

// find returns the connection of that identifier, nil when there is none.
func (m *connections) find(identifier []byte) *connection {
	if c := m.entries[string(identifier)]; c != nil && c.isOpen {
		return c
	}
	return nil
}

// update updates the map with a connection_info, whose record is r. It returns the
// entry, nil without an identifier, and whether anything in the entry has changed.
func (m *connections) update(r *record.Record, frame []byte) (c *connection, updated bool) {
	identifier := r.Bytes(record.Connection)
	if len(identifier) == 0 {
		return nil, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c = m.entries[string(identifier)]; c == nil {
		c = &connection{Linked: record.Linked{Identifier: string(identifier)}}
		m.entries[c.Identifier] = c
		c.element = m.announced.PushFront(c)
	}
	m.announced.MoveToFront(c.element)
	before, wasOpen := c.Linked, c.isOpen
	if !wasOpen || c.UUID != string(r.Bytes(record.ConnectionUUID)) {
		m.markClosed(c)
		setString(&c.UUID, r.Bytes(record.ConnectionUUID), "")
		m.markOpen(c)
	}
	if m.onlyOpen {
		return c, !wasOpen
	}
	platform, channel := r.Chars(record.Platform), r.Chars(record.Channel)
	c.plainPlatform, c.plainChannel = platform.Plain, channel.Plain
	setString(&c.Platform, platform.Bytes, "")
	setString(&c.Channel, channel.Bytes, c.reported.channel)
	setString(&c.Status, r.Bytes(record.Status), c.reported.status)
	setString(&c.Reason, r.Bytes(record.Reason), c.reported.reason)
	setString(&c.ReasonText, r.Bytes(record.ReasonText), "")
	c.keepFrame(frame)
	return c, !wasOpen || c.Linked != before
}

// setString sets s to b. It reuses s or other if that is equal to b, and copies b
// otherwise.
func setString(s *string, b []byte, other string) {
	switch {
	case *s == string(b):
	case other == string(b):
		*s = other
	default:
		*s = string(b)
	}
}

// keepFrame keeps a copy of the connection_info, unless that is too large.
func (c *connection) keepFrame(frame []byte) {
	if c.strings()+len(frame) > maxBytes {
		c.frame = nil
		return
	}
	if cap(c.frame) < len(frame) || cap(c.frame) > 2*len(frame) {
		c.frame = make([]byte, 0, len(frame))
	}
	c.frame = append(c.frame[:0], frame...)
}

// strings returns the bytes of the strings that the entry holds.
func (c *connection) strings() int {
	l := &c.Linked
	n := len(l.Identifier) + len(l.UUID) + len(l.Platform) + len(l.Channel) + len(l.Status) + len(l.Reason) + len(l.ReasonText)
	for _, s := range [...][2]string{{c.reported.status, l.Status}, {c.reported.reason, l.Reason}, {c.reported.channel, l.Channel}} {
		if s[0] != s[1] { // equal ones share their memory: see setString
			n += len(s[0])
		}
	}
	return n
}

// limit updates the size of an entry that has changed, and removes others while
// the map is too large.
func (m *connections) limit(c *connection) {
	m.bytes -= c.bytes
	c.bytes = c.strings() + cap(c.frame)
	m.bytes += c.bytes
	for len(m.entries) > maxConnections || m.bytes > maxBytes {
		m.evicted = true
		m.mu.Lock()
		m.remove(m.announced.Back().Value.(*connection))
		m.mu.Unlock()
	}
}

func (m *connections) crowded() bool {
	now := m.evicted && !m.crowdedReported
	m.crowdedReported = m.evicted
	return now
}

// remove takes an entry out of the map.
func (m *connections) remove(c *connection) {
	m.markClosed(c)
	delete(m.entries, c.Identifier)
	m.announced.Remove(c.element)
	m.bytes -= c.bytes
}

// markOpen adds c to the connections of this socket, under its uuid.
func (m *connections) markOpen(c *connection) {
	c.isOpen = true
	m.openCount++
	if c.UUID != "" {
		c.index = len(m.open[c.UUID])
		m.open[c.UUID] = append(m.open[c.UUID], c)
	}
}

// markClosed takes c out of the connections of this socket.
func (m *connections) markClosed(c *connection) {
	if !c.isOpen {
		return
	}
	c.isOpen = false
	m.openCount--
	same := m.open[c.UUID]
	if len(same) < 2 {
		delete(m.open, c.UUID)
		return
	}
	last := same[len(same)-1] // takes the place of c
	same[c.index], last.index = last, c.index
	same[len(same)-1] = nil
	m.open[c.UUID] = same[:len(same)-1]
}

// takeChange returns the connection if its state is not the one that was reported last,
// else nil. The state then counts as reported. A new uuid alone is not a change. The
// status connecting is a change only for a new connection: the service reconnects often,
// and the result of that is reported.
func (c *connection) takeChange() *record.Linked {
	now := state{c.Status, c.Reason, c.Channel}
	if now.channel == "" {
		now.channel = c.reported.channel // a name that is left out has not changed
	}
	if c.wasReported && (now.status == "connecting" || now == c.reported) {
		return nil
	}
	c.wasReported, c.reported = true, now
	changed := c.Linked
	changed.Channel = now.channel
	return &changed
}

// closeAll removes every connection with the uuid of a connection_closed, whose
// record is r, and returns the first by identifier. It returns nil when there is
// none. That is normal: a new connection has already replaced the old one.
func (m *connections) closeAll(r *record.Record) (first *connection) {
	closed := m.open[string(r.Bytes(record.ConnectionUUID))]
	if len(closed) == 0 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range slices.Clone(closed) {
		m.remove(c)
		if first == nil || c.Identifier < first.Identifier {
			first = c
		}
	}
	switch string(r.Bytes(record.Reason)) {
	case "replaced", "superseded":
		m.takenOver = r.At
	default:
		m.dropped = r.At
	}
	return first
}

// closed returns the connection with the status closed, and with the reason of r, a
// connection_closed.
func (c *connection) closed(r *record.Record) *record.Linked {
	now := c.Linked
	now.Status = "closed"
	now.Reason = string(r.Bytes(record.Reason))
	now.ReasonText = string(r.Bytes(record.ReasonText))
	if now.Channel == "" {
		now.Channel = c.reported.channel
	}
	return &now
}

// drainWindow tells a drain from a broadcast that ends. There is no drain when a
// connection was closed for another reason after the last takeover, or at most
// drainWindow before it. An earlier close, as of a channel that was switched off, has
// nothing to do with the others.
const drainWindow = time.Minute

func (m *connections) drained() bool {
	return m.openCount == 0 && !m.takenOver.IsZero() &&
		(m.dropped.IsZero() || m.takenOver.Sub(m.dropped) > drainWindow)
}

func (m *connections) relink() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.entries {
		c.isOpen = false
	}
	clear(m.open)
	m.openCount = 0
	m.takenOver, m.dropped = time.Time{}, time.Time{}
}

func (m *connections) gone() []record.Linked {
	m.mu.Lock()
	defer m.mu.Unlock()
	gone := []record.Linked{}
	for _, c := range m.entries {
		if !c.isOpen {
			gone = append(gone, c.Linked)
			m.remove(c)
		}
	}
	return sorted(gone)
}

func (m *connections) lingering() []record.Linked {
	lingering := []record.Linked{}
	for _, c := range m.entries {
		if c.isOpen && c.Status == "connecting" && c.reported.status != "connecting" {
			c.reported = state{c.Status, c.Reason, c.Channel}
			m.limit(c)
			lingering = append(lingering, c.Linked)
		}
	}
	return sorted(lingering)
}

func (m *connections) linked() []record.Linked {
	m.mu.Lock()
	linked := make([]record.Linked, 0, len(m.entries))
	for _, c := range m.entries {
		if c.isOpen {
			linked = append(linked, c.Linked)
		}
	}
	m.mu.Unlock()
	return sorted(linked)
}

func sorted(linked []record.Linked) []record.Linked {
	slices.SortFunc(linked, func(a, b record.Linked) int {
		return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Identifier, b.Identifier))
	})
	return linked
}

func (m *connections) frame(identifier string) []byte {
	if c := m.entries[identifier]; c != nil && c.isOpen {
		return c.frame
	}
	return nil
}
