package history

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/restail/restail/decode/record"
)

const (
	// edge is how many seconds of messages are kept before and after a gap: the history
	// may serve those within the requested stretch.
	edge = 2 * tolerance
	// keep is how many actions are kept at least. When the process was stopped, a gap
	// begins long before the link is lost, and actions received since lie in the gap.
	keep = 10_000
)

// heard is a received action.
type heard struct {
	received time.Time // by the wall clock; zero in an earlier run
	last     time.Time // the value of Backfill.last after it
	said     said      // its time is zero when the action is not a message
}

// Note notes an action of the service, whether or not it is written. stamp is the
// service's, zero when the action has none. Note does not keep r.
func (b *Backfill) Note(r *record.Record, stamp, received time.Time) {
	action := string(r.Bytes(record.Action))
	ofConnection := action == "connection_info" || action == "connection_closed"
	h := heard{received: received.Round(0), said: saidIn(r, action)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !stamp.IsZero() {
		b.stamped = true
	} else if !b.stamped {
		stamp = h.received
	}
	switch {
	case stamp.IsZero():
	case !ofConnection:
		if b.stamped && !b.anchored {
			b.anchored = true
			if stamp.Before(b.start) { // the service's clock is behind ours
				b.start = stamp
			}
		}
		b.last, b.beat, b.beatAt = stamp, stamp, h.received
	case stamp.After(b.last): // a repeated one may have an old stamp
		b.last = stamp
	}
	h.last = b.last
	b.recent = append(b.recent, h)
	for len(b.recent) > keep && b.recent[0].last.Unix() < b.last.Unix()-edge {
		b.recent = b.recent[1:]
	}
	broadcast := ""
	if id := r.Bytes(record.BroadcastID); !ofConnection && (string(id) == b.broadcast || IsUUID(string(id))) {
		broadcast = string(id)
		b.broadcast = broadcast
	}
	for _, g := range b.gaps {
		g.after = cmp.Or(g.after, broadcast)
		b.noteAfter(g, stamp, ofConnection, h.said)
	}
}

// saidIn returns what a message says; the zero said for another action. A reply does
// not name its author.
func saidIn(r *record.Record, action string) said {
	text := func(f record.Field) string { return string(r.Bytes(f)) }
	switch platform := text(record.Platform); {
	case action == "event":
		return newSaid(r.At, platform, text(record.Channel), text(record.Author), text(record.Text))
	case action != "reply_created":
		return said{}
	case platform == "restream": // goes to several platforms
		return newSaid(r.At, "", "", "", text(record.Text))
	default:
		return newSaid(r.At, platform, text(record.Channel), "", text(record.Text))
	}
}

// noteAfter notes an action that was received after a gap. The caller has locked
// b.mu.
func (b *Backfill) noteAfter(g *gap, stamp time.Time, ofConnection bool, s said) {
	if g.to.IsZero() && !stamp.IsZero() && !stamp.Before(g.from) {
		g.to, g.toAt = stamp, time.Now()
		if ofConnection && stamp.Before(g.least) { // a repeated one may have an old stamp
			g.to = g.least
		}
	}
	end := g.to.Unix() + edge
	if !s.Time.IsZero() && (g.to.IsZero() || s.Time.Unix() <= end) {
		g.there = append(g.there, s)
	}
	if !g.to.IsZero() && stamp.Unix() > end {
		b.setReady(g)
	}
}

// until returns the stamp of the last action received up to a time, and the messages
// received since a few seconds before that stamp. The caller has locked b.mu.
func (b *Backfill) until(received time.Time) (last time.Time, there []said) {
	last = received
	if i := len(b.recent) - 1; i >= 0 {
		for i > 0 && b.recent[i].received.After(received) {
			i--
		}
		last = cmp.Or(b.recent[i].last, received)
	}
	for _, h := range b.recent {
		if !h.said.Time.IsZero() && h.said.Time.Unix() >= last.Unix()-edge {
			there = append(there, h.said)
		}
	}
	return last, there
}

// saved is what Edge returns, as JSON.
type saved struct {
	Start     time.Time `json:"start"`
	Last      time.Time `json:"last"`
	Beat      time.Time `json:"beat"`
	BeatAt    time.Time `json:"beat_at"`
	Broadcast string    `json:"broadcast_id,omitempty"`
	Said      []said    `json:"said,omitempty"`
}

// Edge returns the state that the next run needs to fill the gap between the runs. The
// gap begins at complete, the time by our clock up to which the chat is complete.
// Messages received after handed did not reach the reader: the next run must write them.
func (b *Backfill) Edge(complete, handed time.Time) []byte {
	b.mu.Lock()
	last, _ := b.until(complete.Round(0))
	var there []said
	for _, h := range b.recent {
		if !h.received.After(handed.Round(0)) && !h.said.Time.IsZero() && h.said.Time.Unix() >= last.Unix()-edge {
			there = append(there, h.said)
		}
	}
	for _, s := range b.filled {
		if s.Time.Unix() >= last.Unix()-edge {
			there = append(there, s)
		}
	}
	if !b.stamped {
		last = time.Time{}
	}
	s := saved{b.start, last, b.beat, b.beatAt, b.broadcast, there[max(0, len(there)-keep):]}
	b.mu.Unlock()
	text, _ := json.Marshal(s) // never fails
	return text
}

// resume restores the state of an earlier run. An edge that cannot be read is ignored.
func (b *Backfill) resume(edge []byte) {
	var s saved
	if json.Unmarshal(edge, &s) != nil {
		return
	}
	b.start, b.last, b.beat, b.beatAt, b.broadcast = s.Start, s.Last, s.Beat, s.BeatAt, s.Broadcast
	b.anchored, b.stamped = !s.Start.IsZero(), !s.Last.IsZero()
	b.recent = []heard{{last: s.Last}}
	for _, message := range s.Said {
		b.recent = append(b.recent, heard{last: s.Last, said: message})
	}
}
