package format

import (
	"bytes"
	"time"

	"github.com/restail/restail/decode/record"
)

// TextOptions is what the user may choose of the text format.
type TextOptions struct {
	// Color allows colours: the 256 that every terminal has.
	Color bool
	// Clock is how time is shown, in Location (nil: the machine's) unless it
	// is UTC's.
	Clock    Clock
	Location *time.Location
	// Width returns the columns of the terminal that the lines are for. It is
	// called for each line, since a window can change its size. Lines are not
	// wrapped when Width is nil or returns 0.
	Width func() int
}

// Text writes one line for people for each record, whatever its action or
// type: the clock, the platform (and the channel, where several of one platform
// are in play), a mark for what it is, marks for who wrote it, the author, what
// kind of message it is, the message.
//
//	20:15:03 twitch    ⚔✦ Night Owl: hello Kappa
//	20:15:04 youtube  $   Mia [super chat 5.00 EUR, tier 2]: great show
//
// The marks stand in columns of their own, where no name or message reaches.
// All text of strangers is made safe: the only control characters in a line are
// the colours' and its newline. Nothing a record says to a person is left out;
// ids and addresses of pictures are, unless the action or type is unknown.
type Text struct {
	color  bool
	width  func() int
	timer  timer
	places places
	line   line          // the one being written: its own would be an allocation
	object record.Record // what Value makes of a filter's object
}

// NewText returns a text writer that has seen no channel yet.
func NewText(o TextOptions) *Text {
	return &Text{color: o.Color, width: o.Width, timer: newTimer(o.Clock, o.Location)}
}

// Know tells which channel a connection belongs to. Where several channels of a
// platform are in play, its lines say which; records tell it too, but only when
// they come here.
func (t *Text) Know(l record.Linked) {
	t.places.learn([]byte(l.Platform), []byte(l.Channel))
}

// mark is the kind of a line, at a glance.
type mark struct {
	sign  byte
	style style
}

// The marks. Colours are the palette's.
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

// lines says how each action is written; any other as an unknown one.
var lines = map[string]func(*Text, *line, *record.Record){
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
	t.places.fit(columns)
	l := &t.line
	l.begin(dst, t.color)
	if write, known := lines[string(r.Bytes(record.Action))]; known {
		write(t, l, r)
	} else {
		t.unknown(l, r)
	}
	dst, l.out = l.out, nil
	return dst[:start+len(bytes.TrimRight(dst[start:], " "))]
}

// head writes the columns before the author.
func (t *Text) head(l *line, r *record.Record, m mark) {
	if !t.timer.clock.none {
		clock, blanks := t.timer.column(r.At)
		l.paint(dim)
		l.out = append(l.out, clock...)
		l.reset()
		l.out = appendBlanks(l.out, blanks+1)
	}
	t.place(l, r)
	l.paint(m.style)
	l.out = append(l.out, m.sign)
	l.reset()
	badges(l, r)
	l.body = len(l.out) - l.start
}

// place writes the platform's column.
func (t *Text) place(l *line, r *record.Record) {
	platform, channel := r.Bytes(record.Platform), r.Bytes(record.Channel)
	t.places.learn(platform, channel)
	if len(platform) > 0 {
		l.paintColor(platformColor(platform))
	}
	if namesItself(r) {
		channel = nil
	}
	var blanks int
	l.out, blanks = t.places.append(l.out, platform, channel)
	l.reset()
	l.out = appendBlanks(l.out, blanks+1)
}

// namesItself tells whether the line names its channel itself.
func namesItself(r *record.Record) bool { return r.Has(record.Status) }

// marks are what is shown of an author, each one column wide.
var marks = [...]struct {
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

// badges writes the author's column: two wide, so that more than two marks, a
// rarity, move the name.
func badges(l *line, r *record.Record) {
	blanks := 2
	for i := range marks {
		if r.Bool(marks[i].field) {
			l.paint(marks[i].style)
			l.say(marks[i].sign)
			l.reset()
			blanks--
		}
	}
	l.out = appendBlanks(l.out, blanks+1)
	if blanks < 0 {
		l.say(" ")
	}
}
