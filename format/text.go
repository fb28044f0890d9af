package format

import (
	"bytes"
	"time"

	"github.com/restail/restail/decode/record"
)

// TextOptions are the user's choices for the text format.
type TextOptions struct {
	// Color allows colours, from the palette of 256.
	Color bool
	// PlatformColors are the colours of the platforms by slug, entries of that
	// palette.
	PlatformColors map[string]uint8
	// Clock says how the time is shown. Location is the time zone, unless
	// Clock is UTC; nil means time.Local.
	Clock    Clock
	Location *time.Location
	// Width returns the columns of the terminal that the lines are for. It is
	// called for each line, since a window can change its size. Lines are not
	// wrapped when Width is nil or returns 0.
	Width func() int
}

// Text writes a line for people for each record, whatever its action or type:
// the time, the platform (and the channel, when the platform has several), a
// mark for the kind of line, marks for the author's roles, the author, the kind
// of message, the message.
//
//	20:15:03 twitch    ⚔✦ Night Owl: hello Kappa
//	20:15:04 youtube  $   Mia [super chat 5.00 EUR, tier 2]: great show
//
// The marks have columns of their own, which no name or message can reach. Text
// from chatters is made safe: the only control characters are those of the
// colours and the newlines. A line shows all that matters to a person; it omits
// ids and the addresses of avatars and emotes, unless the action or type is
// unknown. A line that is longer than the terminal is wide is wrapped.
type Text struct {
	color  bool
	colors map[string]uint8 // of the platforms
	width  func() int
	clock  timeColumn
	origin originColumn
	line   line          // the line being written; here, so that it is allocated once
	object record.Record // the record that Value makes of an object
}

// NewText returns a text writer that knows no channels yet.
func NewText(o TextOptions) *Text {
	return &Text{color: o.Color, colors: o.PlatformColors, width: o.Width, clock: newTimeColumn(o.Clock, o.Location)}
}

// Know tells the writer the channel of a connection. When a platform has several
// channels, its lines name them. The writer also learns channels from records, but
// it sees only those that are written.
func (t *Text) Know(l record.Linked) {
	t.origin.learn([]byte(l.Platform), []byte(l.Channel))
}

// mark shows the kind of a line at a glance.
type mark struct {
	sign  byte
	style style
}

// The marks. Their colours are from the palette.
var (
	noMark       = mark{' ', ""}
	actionMark   = mark{'*', ""}
	replyMark    = mark{'@', "38;5;102"}
	firstMark    = mark{'1', "1;38;5;30"}
	whisperMark  = mark{'%', "1;7;38;5;133"}
	moneyMark    = mark{'$', "1;7;38;5;130"}
	memberMark   = mark{'+', "1;38;5;28"}
	ownMark      = mark{'>', "1;38;5;32"}
	goodMark     = mark{'=', "38;5;28"}
	upMark       = mark{'+', "38;5;28"}
	downMark     = mark{'-', "38;5;102"}
	badMark      = mark{'!', "1;38;5;160"}
	changingMark = mark{'~', "38;5;130"}
	quietMark    = mark{'.', dim}
	unknownMark  = mark{'?', "38;5;130"}
)

// lineWriters are the functions that write the line of each known action.
var lineWriters = map[string]func(*Text, *line, *record.Record){
	"heartbeat":         (*Text).heartbeat,
	"connection_info":   (*Text).connection,
	"connection_closed": (*Text).connection,
	"event":             (*Text).event,
	"reply_created":     (*Text).replyCreated,
	"reply_accepted":    (*Text).reply,
	"reply_confirmed":   (*Text).reply,
	"reply_failed":      (*Text).reply,
	"relay_accepted":    (*Text).relay,
	"relay_confirmed":   (*Text).relay,
	"relay_failed":      (*Text).relay,
	"link":              (*Text).link,
}

// Record implements [Writer].
func (t *Text) Record(dst []byte, r *record.Record, _ []byte) []byte {
	start, columns := len(dst), t.columns()
	dst = t.record(dst, r, columns)
	return append(t.line.wrap(dst, start, columns), '\n')
}

// columns returns the width of the terminal, 0 when lines are not wrapped.
func (t *Text) columns() int {
	if t.width == nil {
		return 0
	}
	return t.width()
}

// record appends the line without its newline, not wrapped yet.
func (t *Text) record(dst []byte, r *record.Record, columns int) []byte {
	start := len(dst)
	t.origin.fit(columns)
	l := &t.line
	l.begin(dst, t.color)
	if write, known := lineWriters[string(r.Bytes(record.Action))]; known {
		write(t, l, r)
	} else {
		t.unknown(l, r)
	}
	dst, l.out = l.out, nil
	return dst[:start+len(bytes.TrimRight(dst[start:], " "))]
}

// head writes the columns before the author.
func (t *Text) head(l *line, r *record.Record, m mark) {
	if !t.clock.clock.none {
		clock, blanks := t.clock.format(r.At)
		l.paint(dim)
		l.out = append(l.out, clock...)
		l.reset()
		l.out = appendBlanks(l.out, blanks+1)
	}
	t.writeOrigin(l, r)
	l.paint(m.style)
	l.out = append(l.out, m.sign)
	l.reset()
	roles(l, r)
	l.body = len(l.out) - l.start
}

// writeOrigin writes the column of platform and channel.
func (t *Text) writeOrigin(l *line, r *record.Record) {
	platform, channel := r.Bytes(record.Platform), r.Bytes(record.Channel)
	t.origin.learn(platform, channel)
	if len(platform) > 0 {
		l.paintColor(t.platformColor(platform))
	}
	if namesChannel(r) {
		channel = nil
	}
	var blanks int
	l.out, blanks = t.origin.append(l.out, platform, channel)
	l.reset()
	l.out = appendBlanks(l.out, blanks+1)
}

// namesChannel reports whether the line names its channel outside the column, as those
// of connections do.
func namesChannel(r *record.Record) bool { return r.Has(record.Status) }

// roleMarks are the signs for an author's roles; each is one column wide.
var roleMarks = [...]struct {
	field record.Field
	sign  string
	style style
}{
	{record.IsOwner, "♛", "38;5;130"},
	{record.IsModerator, "⚔", "38;5;28"},
	{record.IsSubscriber, "✦", "38;5;98"},
	{record.IsVerified, "✓", "38;5;32"},
	{record.IsBot, "⚙", "38;5;102"},
}

// roles writes the column of the author's roles. It is two wide: more than two
// roles, which are rare, move the name.
func roles(l *line, r *record.Record) {
	blanks := 2
	for i := range roleMarks {
		if r.Bool(roleMarks[i].field) {
			l.paint(roleMarks[i].style)
			l.say(roleMarks[i].sign)
			l.reset()
			blanks--
		}
	}
	l.out = appendBlanks(l.out, blanks+1)
	if blanks < 0 {
		l.say(" ")
	}
}
