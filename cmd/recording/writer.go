package recording

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/restail/restail/decode"
)

const (
	defaultBuffer = 64 << 20
	minBuffer     = 1 << 20
)

// Options say where to record to.
type Options struct {
	// Layout is the name of the file, or a strftime layout for it. A file whose name
	// ends in .gz is compressed.
	Layout string
	// Location is the time zone of the layout; default time.Local.
	Location *time.Location
	// Buffer is how many bytes may wait for a slow disk; default 64 MiB, at least
	// 1 MiB. When it is full, new lines are not recorded, and a line in the recording
	// says so. A line larger than Buffer is recorded if nothing else waits.
	Buffer int
	// Warn is called with each failure to record, from another goroutine. A failure less
	// than a minute after the last one is left out.
	Warn func(error)
}

// A Writer records to a file. Its methods copy their arguments and do not wait for the
// disk, except Close. Call Frames, Own and Close from one goroutine; Reopen and Written
// may be called from others.
type Writer struct {
	done chan struct{} // run has returned
	backlog
	output // belongs to run
}

// Open opens the file, repairs its end if needed, and starts recording. An error leaves
// the lines in the file as they were, unless the repair itself failed.
func Open(o Options) (*Writer, error) {
	w, err := newWriter(o)
	if err != nil {
		return nil, err
	}
	go w.run()
	return w, nil
}

func newWriter(o Options) (*Writer, error) {
	if o.Layout == "-" {
		return nil, errors.New("cannot record to stdout: want the name of a file (-o raw writes the actions to stdout)")
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	w := &Writer{done: make(chan struct{})}
	w.backlog = backlog{limit: max(cmp.Or(o.Buffer, defaultBuffer), minBuffer), wake: make(chan struct{}, 1)}
	w.output = output{
		o: o, shared: &w.backlog, connections: connectionSet{decoder: decode.New()},
		synced: make(chan error, 1), failures: failures{report: o.Warn},
	}
	w.rename()
	if err := w.open(); err != nil {
		return nil, recordError(w.name, err)
	}
	return w, nil
}

// Frames records frames. data has them one after the other, ends has the end of each,
// and changes has the indexes of those that change the connection map.
func (w *Writer) Frames(received time.Time, data []byte, ends, changes []int) {
	w.addFrames(received, data, ends, changes)
	w.signal()
}

// Own records one of restail's own lines, with its line break.
func (w *Writer) Own(received time.Time, line []byte) {
	w.addOwn(received, line)
	w.signal()
}

// Reopen closes the file after the lines recorded so far, and opens it again.
func (w *Writer) Reopen() {
	w.mu.Lock()
	w.reopening = true
	w.mu.Unlock()
	w.signal()
}

// Close records the waiting lines and returns when everything is on the disk. It returns
// an error if anything was not recorded during the run.
func (w *Writer) Close() error {
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	w.signal()
	<-w.done
	if w.unrecorded.isEmpty() {
		return nil
	}
	return fmt.Errorf("%d actions were not recorded: %w", w.unrecorded.actions, w.failures.last)
}

// Written returns the time of receipt of the last action that is on the disk, zero at
// first. Before it, what is not on the disk is described there as not recorded.
func (w *Writer) Written() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written
}

// run writes the backlog until the Writer is closed.
func (w *Writer) run() {
	defer close(w.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		chunks, reopen, closing := w.take()
		for _, c := range chunks {
			w.record(c)
			w.release(c)
			w.tick()
		}
		w.writeHole()
		switch {
		case closing:
			w.finish()
			return
		case reopen:
			w.reopen()
		}
		w.tick()
		var due <-chan time.Time
		if !w.dueAt.IsZero() {
			timer.Reset(time.Until(w.dueAt))
			due = timer.C
		}
		select {
		case <-w.wake:
		case <-due:
		}
	}
}
