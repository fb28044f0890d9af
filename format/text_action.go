package format

import (
	"bytes"
	"strconv"

	"github.com/restail/restail/decode/record"
)

func (t *Text) heartbeat(l *line, r *record.Record) {
	t.head(l, r, quietMark)
	l.say("heartbeat")
	l.rest(r, columnFields)
}

// replyCreated writes a message that the streamer sent from Restream.
func (t *Text) replyCreated(l *line, r *record.Record) {
	t.head(l, r, ownMark)
	l.paint(ownMark.style)
	l.say("you")
	l.reset()
	if id := r.Bytes(record.ReplyID); len(id) > 0 {
		l.remark("reply ")
		l.show(shortID(id))
	}
	recipients(l, r.List(record.Connections))
	l.close()
	message(l, r, true)
}

// recipients writes the platforms of connections. It writes a platform that follows
// itself once, with a number.
func recipients(l *line, connections []record.Chars) {
	for i := 0; i < len(connections); {
		switch {
		case i > 0:
			l.say(", ")
		case l.open:
			l.say(" to ")
		default:
			l.remark("to ")
		}
		name := platformOf(connections[i].Bytes)
		l.show(name)
		same := 1
		for i++; i < len(connections) && bytes.Equal(platformOf(connections[i].Bytes), name); i++ {
			same++
		}
		if same > 1 {
			l.say(" ×")
			l.out = strconv.AppendInt(l.out, int64(same), 10)
		}
	}
}

// reply writes the outcome of a reply.
func (t *Text) reply(l *line, r *record.Record) {
	t.outcome(l, r, "reply", r.Bytes(record.ReplyID))
}

// relay writes the outcome of a relayed message.
func (t *Text) relay(l *line, r *record.Record) {
	t.outcome(l, r, "relay of", r.Bytes(record.SourceEventID))
}

// outcome writes whether a platform accepted a message.
func (t *Text) outcome(l *line, r *record.Record, what string, id []byte) {
	_, how, _ := bytes.Cut(r.Bytes(record.Action), []byte{'_'})
	m := goodMark
	if string(how) == "failed" {
		m = badMark
	}
	t.head(l, r, m)
	l.paint(m.style)
	l.say(what)
	l.say(" ")
	l.show(shortID(id))
	l.say(" ")
	l.show(how)
	l.reset()
	if !r.Has(record.Platform) && r.Has(record.Connection) {
		l.say(" by ")
		l.show(r.Bytes(record.Connection))
	}
	reason(l, r)
}

// connection writes the status of a connection to a platform.
func (t *Text) connection(l *line, r *record.Record) {
	status := r.Bytes(record.Status)
	m := statusMark(string(status))
	t.head(l, r, m)
	name := r.Bytes(record.Channel)
	for _, f := range [...]record.Field{record.Connection, record.ConnectionUUID} {
		if len(name) == 0 {
			name = r.Bytes(f)
		}
	}
	l.paint(bold)
	l.show(name)
	l.reset()
	l.say(" ")
	l.paint(m.style)
	l.show(status)
	l.reset()
	reason(l, r)
	details(l, r)
}

// statusMark returns the mark of a connection's status. Status lines use it too.
func statusMark(status string) mark {
	switch status {
	case "connected":
		return upMark
	case "error":
		return badMark
	case "closed":
		return downMark
	}
	return changingMark
}

// reason writes the reason, if there is one: the code and what it means.
func reason(l *line, r *record.Record) {
	for _, f := range [...]record.Field{record.Reason, record.ReasonText} {
		if r.Has(f) {
			l.say(": ")
			l.show(r.Bytes(f))
		}
	}
}

// details writes the server, the broadcast and the address of a connection.
func details(l *line, r *record.Record) {
	if r.Has(record.Server) {
		l.remark("server ")
		l.show(r.Bytes(record.Server))
	}
	if r.Has(record.BroadcastTitle) {
		l.remark("broadcast ")
		l.show(r.Bytes(record.BroadcastTitle))
	}
	l.close()
	for _, f := range [...]record.Field{record.BroadcastURL, record.ChannelURL} {
		if r.Has(f) {
			l.say(" ")
			l.paint(dim)
			l.show(r.Bytes(f))
			l.reset()
			return
		}
	}
}

// link writes a link record in the words of the status lines.
func (t *Text) link(l *line, r *record.Record) {
	status := string(r.Bytes(record.Status))
	m := linkMark(status)
	t.head(l, r, m)
	l.paint(m.style)
	l.say("link ")
	l.show([]byte(status))
	l.reset()
	if r.Has(record.GapSeconds) {
		l.say(" after ")
		l.show(r.Bytes(record.GapSeconds))
		l.say("s")
	}
	if r.Has(record.Reason) {
		l.say(" (")
		l.show(r.Bytes(record.Reason))
		l.say(")")
	}
	if r.Has(record.Attempt) && status == "lost" {
		l.say(", attempt ")
		l.show(r.Bytes(record.Attempt))
	}
	if status == "restored" {
		l.say("; chat sent meanwhile was missed")
	}
}

// linkMark returns the mark of the link's status. Status lines use it too.
func linkMark(status string) mark {
	switch status {
	case "connected", "restored", "filled":
		return upMark
	case "ended", "unfilled":
		return badMark
	}
	return changingMark
}

// unknown writes an unknown action with all its fields.
func (t *Text) unknown(l *line, r *record.Record) {
	t.head(l, r, unknownMark)
	l.paint(unknownMark.style)
	l.show(r.Bytes(record.Action))
	l.reset()
	l.rest(r, columnFields)
}

// columnFields are the fields that the columns of every line show.
var columnFields = fieldSet(record.Time, record.Action, record.Platform)

// shortID returns enough of an id to tell it from the others on a screen.
func shortID(id []byte) []byte {
	const enough = 8
	if len(id) <= enough+4 || !isASCII(id) {
		return id
	}
	return id[:enough]
}

func isASCII(text []byte) bool {
	return bytes.IndexFunc(text, func(r rune) bool { return r > '~' }) < 0
}

// platformOf returns the platform that a connection's identifier names, or the
// whole identifier when it names none.
func platformOf(identifier []byte) []byte {
	if slug := record.Slug(identifier); slug != nil {
		return slug
	}
	return identifier
}
