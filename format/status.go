package format

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format/safe"
)

// StatusMode is the form of the lines on stderr: the value of --status.
type StatusMode string

const (
	// StatusText is lines for people: `restail: + twitch/foo connected`.
	StatusText StatusMode = "text"
	// StatusJSON is one JSON object on each line.
	StatusJSON StatusMode = "json"
	// StatusNone leaves only errors, those of frames and of the filter included, and
	// the table that a signal asks for.
	StatusNone StatusMode = "none"
)

// Status writes the messages about the run: what changed, and nothing else. Each
// line begins with a mark that scripts may rely on: + for something that works
// again or newly, - for an end, ! for an error, ~ for other changes.
//
// Messages are made safe, so that no channel title, reason or frame can forge a
// line. Each line is one Write. Its errors are ignored, since there is nowhere to
// report them. Status is safe for concurrent use.
type Status struct {
	mu   sync.Mutex
	w    io.Writer
	mode StatusMode
	now  func() time.Time
}

// NewStatus returns a Status that writes to w. now gives the time of JSON lines.
func NewStatus(w io.Writer, mode StatusMode, now func() time.Time) *Status {
	return &Status{w: w, mode: mode, now: now}
}

// Connection reports the status of a connection. r is the record that changed it,
// nil when there is none.
func (s *Status) Connection(l record.Linked, r *record.Record) {
	what := l.Status
	if l.Status == "error" || l.Status == "closed" {
		if l.Reason != "" {
			what += ": " + l.Reason
		}
		if l.Status == "error" && l.ReasonText != "" {
			what += ": " + l.ReasonText
		}
	}
	n := connectionObject(s.now(), l)
	if r != nil && s.mode == StatusJSON {
		n = statusObject{at: n.at, kind: n.kind}.record(r)
	}
	s.connection(l, statusMark(l.Status), what, n)
}

// Gone reports a connection that the service announced on the old socket and
// not on the new one.
func (s *Status) Gone(l record.Linked) {
	l.Status = "gone"
	s.connection(l, downMark, "gone: not announced again since the link was restored", connectionObject(s.now(), l))
}

// The widths in columns to which the name of a connection and its status are cut.
const (
	maxName = 100
	maxWhat = 400
)

// connection writes a line about a connection: its name, then what.
func (s *Status) connection(l record.Linked, m mark, what string, n statusObject) {
	name, _ := shortened(linkedName(l), maxName)
	what, _ = shortened(what, maxWhat)
	s.write(m, name+" "+what, n)
}

// Link has what a status line about the link says in addition to its record.
type Link struct {
	Detail  string        // the reason in words, without secrets; "" for the words of its code
	NeverUp bool          // lost: no handshake has succeeded yet
	Gap     time.Duration // restored: how long chat could have been missed, unrounded
	Retry   time.Duration // lost: time until the next retry; 0 when it is at once or there is none
}

// Link reports a change of the link; r is its record.
func (s *Status) Link(l Link, r *record.Record) {
	status, why := string(r.Bytes(record.Status)), l.Detail
	message := "link " + status
	if status == "lost" && l.NeverUp {
		message = "cannot connect"
	}
	if why == "" {
		why = strings.ReplaceAll(string(r.Bytes(record.Reason)), "_", " ")
	}
	if why != "" && status != "restored" {
		message += " (" + why + ")"
	}
	switch {
	case status == "connected" && l.Gap > 0:
		message += "; what was sent in the " + duration(l.Gap) + " since the last run was missed"
	case status == "filled":
		message = string(r.Bytes(record.Filled)) + " missed messages filled in from the chat history"
	case status == "unfilled":
		message = "missed messages cannot be filled in from the chat history (" + why + ")"
	case status == "restored":
		message += " after " + duration(l.Gap) + "; chat sent meanwhile was missed"
	case status == "lost" && l.Retry > 0:
		message += ", retrying in " + duration(l.Retry)
	}
	s.write(linkMark(status), safe.String(message), statusObject{at: r.At, kind: "link"}.record(r))
}

// duration formats a duration: in tenths of a second below a minute, in whole
// seconds from there on.
func duration(d time.Duration) string {
	if d < time.Minute-50*time.Millisecond {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// Frame reports a frame that is not an action, with its beginning.
func (s *Status) Frame(err error, frame []byte) {
	begin := beginning(frame)
	message := safe.String("frame skipped: " + err.Error())
	if len(begin) > 0 {
		message += ": " + safe.String(begin)
	}
	s.write(badMark, message, statusObject{at: s.now(), kind: "frame"}.text("frame", begin))
}

// MoreFrames reports n broken frames that were not shown one by one.
func (s *Status) MoreFrames(n int64) {
	message := fmt.Sprintf("%d more broken frames skipped", n)
	if n == 1 {
		message = "1 more broken frame skipped"
	}
	s.write(badMark, message, statusObject{at: s.now(), kind: "frame"}.number("broken", n))
}

// Dropped returns the line that says how many lines were not written because nobody
// read stderr. Write it in every mode: errors may be among those lines.
func (s *Status) Dropped(lines int) []byte {
	message := fmt.Sprintf("%d status lines were dropped: nobody read stderr", lines)
	if lines == 1 {
		message = "1 status line was dropped: nobody read stderr"
	}
	return s.line(changingMark, message, statusObject{at: s.now(), kind: "summary"}.number("dropped", int64(lines)))
}

// beginning returns as many whole characters of a frame as help to recognize it.
func beginning(frame []byte) string {
	const enough = 80
	frame = bytes.TrimLeft(frame, " \t\r\n")
	if len(frame) <= enough {
		return string(frame)
	}
	end := enough
	for end > enough-utf8.UTFMax && !utf8.RuneStart(frame[end]) {
		end--
	}
	return strings.TrimRight(string(frame[:end]), " ") + "…"
}

// Filter reports an error of the filter. r is the record that it failed on, nil
// when the message is not about one record.
func (s *Status) Filter(message string, r *record.Record) {
	n := statusObject{at: s.now(), kind: "filter"}
	if r != nil && s.mode == StatusJSON {
		n = n.record(r)
	}
	s.write(badMark, safe.String("filter: "+message), n)
}

// Note reports any other change. kind is link, connection, frame or filter.
func (s *Status) Note(kind, message string) {
	s.write(changingMark, safe.String(message), statusObject{at: s.now(), kind: kind})
}

// Error reports the error that ends the run, in every mode. The hint, if there is
// one, goes on the next line. Further lines of a message are indented, so that none
// looks like a status line.
func (s *Status) Error(message, hint string) {
	if s.mode == StatusJSON {
		s.emit(statusObject{at: s.now(), kind: "error"}.text("hint", hint).line(message))
		return
	}
	text := strings.TrimRight(message, "\n")
	if hint != "" {
		text += "\n" + hint
	}
	out := []byte("restail: ")
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			out = append(out, '\n')
		}
		if i > 0 && line != "" && line[0] != ' ' {
			out = append(out, "  "...)
		}
		out = safe.Append(out, []byte(strings.TrimRight(line, " ")))
	}
	s.emit(append(out, '\n'))
}

// Summary reports the counters at the end of a run.
func (s *Status) Summary(c Counters) {
	now := s.now()
	s.write(changingMark, c.text(now), countersObject(now, c))
}

// Table writes the connection table and the counters, in every mode, since a signal
// asked for them.
func (s *Status) Table(linked []record.Linked, c Counters) {
	now := s.now()
	if s.mode != StatusJSON {
		s.emit(fmt.Appendf(AppendTable(nil, linked), "restail: ~ %s\n", c.text(now)))
		return
	}
	for _, l := range linked {
		s.emit(connectionObject(now, l).line(linkedName(l) + " " + safe.String(l.Status)))
	}
	s.emit(countersObject(now, c).line(c.text(now)))
}

// linkedName returns the name of a connection, made safe.
func linkedName(l record.Linked) string {
	channel := l.Channel
	if channel == "" {
		channel = l.Identifier
	}
	return string(appendName(nil, []byte(l.Platform), []byte(channel)))
}

// write writes one line, unless the mode is StatusNone and it is not an error.
func (s *Status) write(m mark, message string, object statusObject) {
	isError := m == badMark && (object.kind == "frame" || object.kind == "filter")
	if s.mode != StatusNone || isError {
		s.emit(s.line(m, message, object))
	}
}

// line returns a line of the mode: the message, which must be safe, or the
// JSON object with it.
func (s *Status) line(m mark, message string, object statusObject) []byte {
	if s.mode == StatusJSON {
		return object.line(message)
	}
	return fmt.Appendf(nil, "restail: %c %s\n", m.sign, strings.TrimRight(message, " "))
}

func (s *Status) emit(lines []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.w.Write(lines)
}
