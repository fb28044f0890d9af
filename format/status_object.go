package format

import (
	"fmt"
	"strconv"
	"time"

	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format/safe"
)

// statusObject is a status line as JSON: its time, its kind, and the fields of the
// record that it is about. Each field begins with a comma.
type statusObject struct {
	at     time.Time
	kind   string
	fields []byte
}

// line returns the line with a message, the same as in text mode.
func (n statusObject) line(message string) []byte {
	out := append([]byte(`{"time":"`), n.at.UTC().Format(time.RFC3339)...)
	out = append(out, `","kind":`...)
	out = appendSafeJSON(out, n.kind)
	out = append(out, `,"message":`...)
	out = appendSafeJSON(out, message)
	out = append(out, n.fields...)
	return append(out, '}', '\n')
}

// text adds a string field, unless its value is empty.
func (n statusObject) text(name, value string) statusObject {
	if value != "" {
		n.fields = append(n.fields, `,"`+name+`":`...)
		n.fields = appendSafeJSON(n.fields, value)
	}
	return n
}

// number adds a number field.
func (n statusObject) number(name string, value int64) statusObject {
	n.fields = append(n.fields, `,"`+name+`":`...)
	n.fields = strconv.AppendInt(n.fields, value, 10)
	return n
}

// record adds the fields of a record, except time: the line has its own.
func (n statusObject) record(r *record.Record) statusObject {
	for f := range r.All {
		if f != record.Time {
			n.fields = safe.AppendJSON(n.fields, appendField(nil, r, f))
		}
	}
	return n
}

// appendSafeJSON appends text as a JSON string that is safe to show on a terminal.
func appendSafeJSON(dst []byte, text string) []byte {
	return safe.AppendJSON(dst, appendQuoted(nil, []byte(text)))
}

func connectionObject(at time.Time, l record.Linked) statusObject {
	action := "connection_info"
	if l.Status == "closed" {
		action = "connection_closed"
	}
	return statusObject{at: at, kind: "connection"}.
		text("action", action).
		text("platform", l.Platform).
		text("connection", l.Identifier).
		text("channel", l.Channel).
		text("status", l.Status).
		text("connection_uuid", l.UUID).
		text("reason", l.Reason).
		text("reason_text", l.ReasonText)
}

// Counters count what a run has done so far.
type Counters struct {
	Received     int64     // frames, broken ones included
	Written      int64     // lines written to stdout
	Filtered     int64     // records without a line
	Broken       int64     // frames that are not actions
	FilterErrors int64     // records on which the filter failed
	Queued       int64     // frames received and not processed yet
	LastHeard    time.Time // when the last frame arrived; zero before the first, and in a replay
}

// text returns the counters in one line for people.
func (c Counters) text(now time.Time) string {
	heard := ""
	switch {
	case !c.LastHeard.IsZero():
		heard = ", last heard " + duration(now.Sub(c.LastHeard)) + " ago"
	case c.Received == 0:
		heard = ", nothing heard yet"
	}
	return fmt.Sprintf("received %d, written %d, filtered %d, broken %d, filter errors %d, queued %d%s",
		c.Received, c.Written, c.Filtered, c.Broken, c.FilterErrors, c.Queued, heard)
}

func countersObject(at time.Time, c Counters) statusObject {
	n := statusObject{at: at, kind: "summary"}.
		number("received", c.Received).
		number("written", c.Written).
		number("filtered", c.Filtered).
		number("broken", c.Broken).
		number("filter_errors", c.FilterErrors).
		number("queued", c.Queued)
	if !c.LastHeard.IsZero() {
		n = n.text("last_heard", c.LastHeard.UTC().Format(time.RFC3339))
	}
	return n
}
