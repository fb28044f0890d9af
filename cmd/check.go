package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
	"github.com/restail/restail/format/safe"
)

// checkCommand says whether recordings are whole.
type checkCommand struct {
	Files []string `arg:"" name:"file" words:"files" help:"The recordings, gzipped or not; - for stdin."`
	*checkFlags
}

type checkFlags struct {
	Format string `short:"o" enum:"text,ndjson" default:"text" placeholder:"FORMAT" group:"output" help:"text: a table; ndjson: one object for each recording."`
	lineFlags
	messageFlags
}

// Run checks one recording after the other. The worst one decides the exit status.
func (c *checkCommand) Run(r *run) error {
	r.setMessages(&c.messageFlags)
	worst := statusDone
	var reports []*report
	for _, name := range c.Files {
		report, err := r.check(name, int(c.MaxFrame))
		if errors.As(err, new(silentExit)) {
			return err
		}
		if err != nil {
			status, hint := exitStatus(err)
			worst = max(worst, status)
			r.status.Error(err.Error(), hint)
		}
		if report == nil {
			continue
		}
		if !report.isWhole() {
			worst = max(worst, statusFailed)
		}
		if c.Format == "text" {
			reports = append(reports, report)
		} else if _, err := (wholeLines{r.Stdout}).Write(report.appendJSON(nil)); err != nil {
			return writeError(err)
		}
	}
	if err := writeReports(wholeLines{r.Stdout}, reports); err != nil {
		return writeError(err)
	}
	if worst != statusDone {
		return silentExit{worst}
	}
	return nil
}

// check checks a recording until a signal ends the run. It returns no report if the
// file cannot be read or is not a recording.
func (r *run) check(name string, maxLine int) (*report, error) {
	in, err := r.open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	report, err := await(r, func() (*report, error) {
		c := checker{report: report{file: name}, decoder: decode.New()}
		err := c.read(r, in, maxLine)
		return &c.report, err
	})
	if report == nil { // abandoned
		return nil, err
	}
	if err != nil && name != stdinName {
		err = fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case errors.As(err, new(*recording.FormatError)):
		return nil, recordingError(err)
	case errors.Is(err, session.ErrNoActions), errors.As(err, new(*fs.PathError)):
		return nil, usageError(err, "")
	}
	return report, err
}

// report is what check prints about a recording.
type report struct {
	file                  string
	first, last           time.Time
	actions, events       int
	platforms, broadcasts nameSet
	gaps                  gapCounter
	unrecorded            int64
	hasUnrecorded         bool // a line reports unrecorded actions, perhaps none
	broken                int
	cut                   bool // its end is missing, or cannot be read
}

// isWhole reports whether nothing is missing or broken.
func (r *report) isWhole() bool {
	return r.gaps.count == 0 && !r.hasUnrecorded && r.broken == 0 && !r.cut
}

// reportFields are the fields of a report, in the order in which they are printed. A
// nil value is omitted.
var reportFields = []struct {
	name  string
	value func(r *report) any
}{
	{"file", func(r *report) any { return r.file }},
	{"first", func(r *report) any { return timeValue(r.first) }},
	{"last", func(r *report) any { return timeValue(r.last) }},
	{"actions", func(r *report) any { return r.actions }},
	{"events", func(r *report) any { return r.events }},
	{"platforms", func(r *report) any { return r.platforms.value() }},
	{"broadcasts", func(r *report) any { return r.broadcasts.value() }},
	{"gaps", func(r *report) any { return r.gaps.count }},
	{"gap_seconds", func(r *report) any { return r.gaps.seconds }},
	{"unrecorded", func(r *report) any { return int(r.unrecorded) }},
	{"broken", func(r *report) any { return r.broken }},
	{"cut", func(r *report) any { return r.cut }},
}

// timeValue returns a time as a record has it, or nil for the zero time.
func timeValue(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	var r record.Record
	r.SetTime(at)
	return string(r.Bytes(record.Time))
}

// appendJSON appends the report as one line of JSON.
func (r *report) appendJSON(dst []byte) []byte {
	separator := byte('{')
	for _, field := range reportFields {
		if value := field.value(r); value != nil {
			dst = append(append(dst, separator, '"'), field.name...)
			dst = format.NDJSON{}.Value(append(dst, `":`...), value)
			dst = bytes.TrimSuffix(dst, []byte("\n"))
			separator = ','
		}
	}
	return append(dst, "}\n"...)
}

// writeReports writes the reports as a table.
func writeReports(w io.Writer, reports []*report) error {
	if reports == nil {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	cells := make([]string, len(reportFields))
	for i, field := range reportFields {
		cells[i] = strings.ToUpper(strings.ReplaceAll(field.name, "_", " "))
	}
	fmt.Fprintln(table, strings.Join(cells, "\t"))
	for _, r := range reports {
		for i, field := range reportFields {
			cells[i] = cellText(field.value(r))
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

// cellText returns a value as a cell of the table.
func cellText(value any) string {
	switch v := value.(type) {
	case nil:
		return "-"
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		names := make([]string, len(v))
		for i := range v {
			names[i] = v[i].(string)
		}
		return safe.String(strings.Join(names, ","))
	}
	return safe.String(fmt.Sprint(value))
}

// checker reads one recording and fills its report.
type checker struct {
	report
	parser  decode.Parser
	lines   recording.LineParser
	action  decode.Action
	decoder *decode.Decoder
	head    recording.Head // the connection set that a file repeats from the one before it
}

// read fills the report. It returns an error if the file is empty or not a recording, or
// if it could not be read to its end for another reason than being cut.
func (c *checker) read(ctx context.Context, in io.Reader, maxLine int) error {
	lines := recording.NewReader(in, maxLine)
	found := false
	var err error
	for ctx.Err() == nil {
		var line []byte
		if line, err = lines.Read(); err != nil && !errors.Is(err, recording.ErrTooLong) {
			break
		}
		switch {
		case err == nil && c.checkLine(line):
			found = true
		case lines.IsPartial():
			c.cut = true
		default:
			c.broken++
		}
	}
	c.gaps.end()
	switch {
	case errors.Is(err, io.EOF) && found:
		return nil
	case errors.Is(err, io.EOF) && lines.IsBlank():
		return session.ErrEmpty
	case errors.Is(err, io.EOF):
		return session.ErrNoActions
	}
	c.cut = true
	if errors.Is(err, recording.ErrCut) {
		return nil
	}
	return err
}

// checkLine counts a line. It returns false if the line is broken.
func (c *checker) checkLine(line []byte) bool {
	now := time.Now()
	var l *recording.Line
	if c.parser.Parse(&c.action, line) == nil {
		if !c.action.HasPayload() {
			l = c.lines.Record(line, now)
		}
		if l == nil {
			c.decoder.Apply(&c.action, now)
			_, stamped := c.action.Stamp()
			c.countRecord(c.decoder.Record(), len(c.action.Frame()), true, stamped)
			return true
		}
	} else if l = c.lines.Own(line, now); l == nil {
		return false
	}
	switch {
	case l.Kind == recording.KindUnrecorded:
		c.unrecorded += max(0, l.Actions)
		c.hasUnrecorded = true
		c.gaps.last = l.Record.At
	case string(l.Action()) == recording.KindLink:
		c.gaps.addLink(&l.Record)
		if l.Relinks() {
			c.decoder.Relink()
		}
	case l.MovesClock():
		c.countRecord(&l.Record, len(line), !l.IsFilledIn(), true)
	}
	return true
}

// countRecord counts an action, or a message that was filled in from the chat history
// (isAction is false). stamped says whether it has a time of the service.
func (c *checker) countRecord(r *record.Record, size int, isAction, stamped bool) {
	action := r.Bytes(record.Action)
	if isAction {
		c.actions++
	}
	if inHead := c.head.Has(action, size); !inHead && stamped {
		c.moveClock(r.At, isAction)
	}
	c.platforms.add(r.Bytes(record.Platform))
	switch string(action) {
	case "event":
		c.events++
		c.broadcasts.add(r.Bytes(record.BroadcastID))
	case "reply_created":
		c.broadcasts.add(r.Bytes(record.BroadcastID))
	}
}

// moveClock moves the clock of the recording to the time of a record. A message that was
// filled in is older than the lines around it.
func (c *checker) moveClock(at time.Time, isAction bool) {
	if c.first.IsZero() {
		c.first = at
	}
	if isAction || at.After(c.last) {
		c.last = at
	}
	if isAction {
		c.gaps.last, c.gaps.wasUp = at, true
	}
}

// nameSet is a set of names, in the order in which they were added.
type nameSet []any

// A hostile recording can have any number of names, of any length.
const (
	maxNames   = 1000
	maxNameLen = 200
)

// add adds a name, unless it is empty or too long, or the set is full.
func (s *nameSet) add(name []byte) {
	if len(name) == 0 || len(name) > maxNameLen || len(*s) == maxNames {
		return
	}
	for _, known := range slices.Backward(*s) { // the last one is the most likely
		if known.(string) == string(name) {
			return
		}
	}
	*s = append(*s, string(name))
}

// value returns the names, or nil if there are none.
func (s nameSet) value() any {
	if s == nil {
		return nil
	}
	return []any(s)
}
