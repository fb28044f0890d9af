package history

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/restail/restail/decode/record"
)

const (
	// edge is how many seconds of messages around a gap are kept at the least:
	// those that the history may have with a stamp within the stretch it is asked for.
	edge = 2 * tolerance
	// keep is how many actions are kept at the least. A gap begins long before its
	// link is lost when the process was stopped, and the actions received since then
	// lie in the gap.
	keep = 10_000
)

// heard is an action that was received.
type heard struct {
	received time.Time // by the wall clock; zero in an earlier run
	last     time.Time // [Backfill].last as of this action
	said     said      // its time is zero when the action is not a message
}

// Note notes an action of the service, whether or not it is chosen for output.
// stamp is the service's, zero when the action has none. Note keeps nothing of r.
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
	case stamp.After(b.last): // one that is repeated may have an old stamp
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

// saidIn returns what a message says, or the zero said for another action. A reply
// does not have the name of its author.
func saidIn(r *record.Record, action string) said {
	text := func(f record.Field) string { return string(r.Bytes(f)) }
	switch platform := text(record.Platform); {
	case action == "event":
		return newSaid(r.At, platform, text(record.Channel), text(record.Author), text(record.Text))
	case action != "reply_created":
		return said{}
	case platform == "restream": // it goes to several platforms
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
		if ofConnection && stamp.Before(g.least) { // it may be repeated
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

// until returns the stamp of the last action received until a time, and the
// messages of the seconds before that stamp and of all the time after it. The
// caller has locked b.mu.
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

// saved is the JSON of what Edge returns.
type saved struct {
	Start     time.Time `json:"start"`
	Last      time.Time `json:"last"`
	Beat      time.Time `json:"beat"`
	BeatAt    time.Time `json:"beat_at"`
	Broadcast string    `json:"broadcast_id,omitempty"`
	Said      []said    `json:"said,omitempty"`
}

// Edge returns what the next run needs to fill the gap between the runs. The gap
// begins at complete, the time by our clock up to which the chat is complete. What
// was received after handed has not reached the reader: the next run must write it.
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
	text, _ := json.Marshal(s) // it always can
	return text
}

// resume goes on where an earlier run ended. An edge that cannot be read counts
// as none.
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
