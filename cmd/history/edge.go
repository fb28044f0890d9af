package history

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/restail/restail/decode/record"
)

const (
	// margin is how many seconds of messages before and after a gap are kept. The history
	// has them too, and they must not be inserted again.
	margin = 2 * tolerance
	// minRecent is how many actions are kept at least. After the process was stopped, a
	// gap begins long before the link is lost. Then actions received since its beginning
	// lie in the gap.
	minRecent = 10_000
)

// receivedAction is a received action.
type receivedAction struct {
	received  time.Time // by the wall clock; zero for an action of an earlier run
	lastStamp time.Time // the value of Backfill.lastStamp after it
	content   content   // its time is zero when the action is not a message
}

// Note notes an action of the service, whether or not its record is written. stamp is the
// time that the service stamped it with, zero for none. Note does not keep r.
func (b *Backfill) Note(r *record.Record, stamp, received time.Time) {
	action := string(r.Bytes(record.Action))
	ofConnection := action == "connection_info" || action == "connection_closed"
	h := receivedAction{received: received.Round(0), content: contentOf(r, action)}
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
			if stamp.Before(b.start) { // the service's clock is slower than ours
				b.start = stamp
			}
		}
		b.lastStamp, b.clock, b.clockAt = stamp, stamp, h.received
	case stamp.After(b.lastStamp): // a repeated one may have an old stamp
		b.lastStamp = stamp
	}
	h.lastStamp = b.lastStamp
	b.recent = append(b.recent, h)
	for len(b.recent) > minRecent && b.recent[0].lastStamp.Unix() < b.lastStamp.Unix()-margin {
		b.recent = b.recent[1:]
	}
	broadcast := ""
	if id := r.Bytes(record.BroadcastID); !ofConnection && (string(id) == b.broadcast || IsUUID(string(id))) {
		broadcast = string(id)
		b.broadcast = broadcast
	}
	for _, g := range b.gaps {
		g.after = cmp.Or(g.after, broadcast)
		b.noteAfter(g, stamp, ofConnection, h.content)
	}
}

// contentOf returns the content of a message; the zero content for another action. A
// reply does not name its author.
func contentOf(r *record.Record, action string) content {
	text := func(f record.Field) string { return string(r.Bytes(f)) }
	switch platform := text(record.Platform); {
	case action == "event":
		return newContent(r.At, platform, text(record.Channel), text(record.Author), text(record.Text))
	case action != "reply_created":
		return content{}
	case platform == "restream": // the reply goes to several platforms
		return newContent(r.At, "", "", "", text(record.Text))
	default:
		return newContent(r.At, platform, text(record.Channel), "", text(record.Text))
	}
}

// noteAfter notes an action that was received after a gap. The caller has locked
// b.mu.
func (b *Backfill) noteAfter(g *gap, stamp time.Time, ofConnection bool, c content) {
	if g.to.IsZero() && !stamp.IsZero() && !stamp.Before(g.from) {
		g.to, g.toAt = stamp, time.Now()
		if ofConnection && stamp.Before(g.earliestEnd) { // a repeated one may have an old stamp
			g.to = g.earliestEnd
		}
	}
	end := g.to.Unix() + margin
	if !c.Time.IsZero() && (g.to.IsZero() || c.Time.Unix() <= end) {
		g.around = append(g.around, c)
	}
	if !g.to.IsZero() && stamp.Unix() > end {
		b.setReady(g)
	}
}

// receivedUntil returns the stamp of the last action received up to a time. It also
// returns all messages received so far whose stamps are later, or earlier by no more than
// margin. The caller has locked b.mu.
func (b *Backfill) receivedUntil(received time.Time) (last time.Time, messages []content) {
	last = received
	if i := len(b.recent) - 1; i >= 0 {
		for i > 0 && b.recent[i].received.After(received) {
			i--
		}
		last = cmp.Or(b.recent[i].lastStamp, received)
	}
	for _, h := range b.recent {
		if !h.content.Time.IsZero() && h.content.Time.Unix() >= last.Unix()-margin {
			messages = append(messages, h.content)
		}
	}
	return last, messages
}

// saved is what Edge returns, as JSON.
type saved struct {
	Start     time.Time `json:"start"`
	Last      time.Time `json:"last"`
	Beat      time.Time `json:"beat"`
	BeatAt    time.Time `json:"beat_at"`
	Broadcast string    `json:"broadcast_id,omitempty"`
	Messages  []content `json:"said,omitempty"`
}

// Edge returns what the next run needs to fill the gap between the runs. The gap begins
// at complete, the time by our clock up to which the chat is complete. Messages received
// after handled were not written to stdout, so the next run must write them.
func (b *Backfill) Edge(complete, handled time.Time) []byte {
	b.mu.Lock()
	last, _ := b.receivedUntil(complete.Round(0))
	var messages []content
	for _, h := range b.recent {
		if !h.received.After(handled.Round(0)) && !h.content.Time.IsZero() && h.content.Time.Unix() >= last.Unix()-margin {
			messages = append(messages, h.content)
		}
	}
	for _, c := range b.filled {
		if c.Time.Unix() >= last.Unix()-margin {
			messages = append(messages, c)
		}
	}
	if !b.stamped {
		last = time.Time{}
	}
	s := saved{b.start, last, b.clock, b.clockAt, b.broadcast, messages[max(0, len(messages)-minRecent):]}
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
	b.start, b.lastStamp, b.clock, b.clockAt, b.broadcast = s.Start, s.Last, s.Beat, s.BeatAt, s.Broadcast
	b.anchored, b.stamped = !s.Start.IsZero(), !s.Last.IsZero()
	b.recent = []receivedAction{{lastStamp: s.Last}}
	for _, message := range s.Messages {
		b.recent = append(b.recent, receivedAction{lastStamp: s.Last, content: message})
	}
}
