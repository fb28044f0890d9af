package history

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/restail/restail/decode/record"
)

const (
	// margin is how many seconds of messages before and after a gap are kept. The history
	// has them too, and they must not be inserted again.
	margin = 2 * tolerance
	// minRecent is how many actions are kept at least. When the process was suspended, the
	// gap begins long before restail notices that the link is lost. The actions that it
	// has received in between lie in the gap, so older ones are needed to find its edge.
	minRecent = 10_000
)

// A moment is one point in time by two clocks: the service's, which stamps actions, and
// ours, which times their receipt and the link. The clocks can differ by any amount, so
// times of different clocks are never compared, except once for edge.start.
//
// The times of the link are by our clock, those of the history by the service's. A
// received action has a time by each, so actions translate one into the other. In this
// example the service's clock is an hour slow:
//
//	ours      service
//	20:00:07  19:00:07  ann: hi       the last action before the gap
//	20:00:40                          the link is restored, after a gap of 33 s
//	20:00:41  18:59:00  connection    a repeated one, with its old stamp
//	20:00:42  19:00:42  heartbeat     the first action after the gap
//
// The gap begins at 20:00:07 by our clock. The last action received until then makes
// that 19:00:07, where the history must be read from. It is read up to 19:00:42.
type moment struct {
	service time.Time // zero if not known
	ours    time.Time // by the wall clock; zero for a moment of an earlier run
}

// serviceAt returns the service's time at a time by our clock, by what has passed since m.
func (m moment) serviceAt(ours time.Time) time.Time { return m.service.Add(ours.Sub(m.ours)) }

// action is a received action. Its service time is the latest known then: its own stamp,
// or that of an action before it.
type action struct {
	moment
	content content // its time is zero when the action is not a message
}

// edge is what is known of the received chat, to find the edges of a gap.
type edge struct {
	start     time.Time // the first handshake of all runs by our clock; the first stamp if that is earlier
	anchored  bool      // start was compared with the first stamp
	stamped   bool      // the service stamps its actions; else the receipt counts as the stamp
	service   time.Time // the latest known time of the service's clock
	clock     moment    // the last action but those of connections, whose stamps can be old
	broadcast string    // the last broadcast id that is a UUID
	recent    []action  // the last actions
	dropped   time.Time // the service's time of the last action before recent; zero for none
	unhandled int       // how many of them, at the end, were not handled
}

// note adds an action of the service. It returns its stamp; zero for none.
func (e *edge) note(stamp, received time.Time, ofConnection bool, c content) time.Time {
	if !stamp.IsZero() {
		e.stamped = true
	} else if !e.stamped {
		stamp = received
	}
	switch {
	case stamp.IsZero():
	case !ofConnection:
		if e.stamped && !e.anchored {
			e.anchored = true
			if stamp.Before(e.start) { // the service's clock is slower than ours
				e.start = stamp
			}
		}
		e.service, e.clock = stamp, moment{stamp, received}
	case stamp.After(e.service): // a repeated one can have an old stamp
		e.service = stamp
	}
	e.recent = append(e.recent, action{moment{e.service, received}, c})
	e.unhandled++
	// A stamp can be wrong, so an action can be far ahead too.
	for len(e.recent) > minRecent && !(isNear(e.recent[0].service, e.service) && isNear(e.service, e.recent[0].service)) {
		e.dropped, e.recent = e.recent[0].service, e.recent[1:]
	}
	return stamp
}

// isNear reports whether a stamp is not more than margin seconds before from.
func isNear(stamp, from time.Time) bool { return stamp.Unix() >= from.Unix()-margin }

// until returns the recent actions that were received up to a time.
func (e *edge) until(ours time.Time) []action {
	n := len(e.recent)
	for n > 0 && e.recent[n-1].ours.After(ours) {
		n--
	}
	return e.recent[:n]
}

// lastStamp returns the service's time of the last action received up to a time by our
// clock. If that is not known, it returns the time by our clock.
func (e *edge) lastStamp(ours time.Time) time.Time {
	if len(e.recent) == 0 {
		return ours
	}
	last := max(0, len(e.until(ours))-1)
	return e.knownFrom(e.dropped, cmp.Or(e.recent[last].service, ours))
}

// knownFrom returns where a gap that would begin at from begins. It is later when messages
// around from were dropped, the last one at that time: they could not be told apart from
// missed ones. After the service's clock was set back it is from.
func (e *edge) knownFrom(dropped, from time.Time) time.Time {
	later := time.Unix(dropped.Unix()+margin+1, 0).UTC()
	if isNear(dropped, from) && !later.After(e.service) {
		return later
	}
	return from
}

// messagesNear returns the messages among actions that are later than from, or earlier
// by no more than margin seconds.
func messagesNear(actions []action, from time.Time) (messages []content) {
	for _, a := range actions {
		if !a.content.Time.IsZero() && isNear(a.content.Time, from) {
			messages = append(messages, a.content)
		}
	}
	return messages
}

// near is messagesNear for messages.
func near(all []content, from time.Time) (messages []content) {
	for _, c := range all {
		if isNear(c.Time, from) {
			messages = append(messages, c)
		}
	}
	return messages
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

// saved is an edge in a state file.
type saved struct {
	Start     time.Time `json:"start"`                  // edge.start
	Last      time.Time `json:"last"`                   // where the gap begins, by the service's clock; zero if it does not stamp
	Beat      time.Time `json:"beat"`                   // edge.clock.service
	BeatAt    time.Time `json:"beat_at"`                // edge.clock.ours
	Broadcast string    `json:"broadcast_id,omitempty"` // edge.broadcast
	Messages  []content `json:"said,omitempty"`         // those near Last
}

// Edge returns what the next run needs to fill the gap between the runs. The gap begins
// at complete, the time by our clock up to which the chat is complete. Messages that were
// not handled are left out, so that the next run writes them.
func (b *Backfill) Edge(complete time.Time) []byte {
	b.mu.Lock()
	last := b.edge.lastStamp(complete.Round(0))
	messages := messagesNear(b.edge.recent[:max(0, len(b.edge.recent)-b.edge.unhandled)], last)
	messages = append(messages, near(b.filled[:max(0, len(b.filled)-b.unhandled)], last)...)
	if extra := len(messages) - minRecent; extra > 0 {
		slices.SortStableFunc(messages, func(a, b content) int { return a.Time.Compare(b.Time) })
		last = b.edge.knownFrom(messages[extra-1].Time, last)
		messages = messages[extra:]
	}
	if !b.edge.stamped {
		last = time.Time{}
	}
	s := saved{b.edge.start, last, b.edge.clock.service, b.edge.clock.ours, b.edge.broadcast, messages}
	b.mu.Unlock()
	text, _ := json.Marshal(s) // never fails
	return text
}

// parseEdge returns the edge of an earlier run; the zero edge for one that cannot be read.
func parseEdge(text []byte) edge {
	var s saved
	if json.Unmarshal(text, &s) != nil {
		return edge{}
	}
	e := edge{
		start: s.Start, anchored: !s.Start.IsZero(), stamped: !s.Last.IsZero(),
		service: s.Last, clock: moment{s.Beat, s.BeatAt}, broadcast: s.Broadcast,
		recent: []action{{moment: moment{service: s.Last}}},
	}
	for _, message := range s.Messages {
		e.recent = append(e.recent, action{moment{service: s.Last}, message})
	}
	return e
}
