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
	// gatherFor is how long lines gather for one write: few large writes cost less
	// than many small ones.
	gatherFor = 3 * time.Millisecond
)

// Options say where to record to.
type Options struct {
	// Layout is the name of the file, which may be a strftime layout. A name that
	// ends in .gz is compressed.
	Layout string
	// Location is the time zone of the layout; default time.Local.
	Location *time.Location
	// Buffer is how many bytes may wait for a slow disk; default 64 MiB, at least
	// 1 MiB. When it is full, what comes is not recorded, and a line says so. A
	// frame that is larger than that is taken when nothing else waits.
	Buffer int
	// Warn is called, on another goroutine, with the first error of a failure.
	Warn func(error)
}

// A Writer records to a file. Its methods copy what they are given and do not wait
// for the disk, except Close. Call Frames, Own and Close from one goroutine;
// Reopen and Written may be called from others.
type Writer struct {
	wake chan struct{} // there is something to do
	done chan struct{} // run has returned
	backlog
	output // belongs to run
}

// Open opens the file and begins to record. Its error is about the file or its
// name; a file that it is about is left as it is.
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
	w := &Writer{wake: make(chan struct{}, 1), done: make(chan struct{})}
	w.limit = max(cmp.Or(o.Buffer, defaultBuffer), minBuffer)
	w.output = output{o: o, shared: &w.backlog, decoder: decode.New()}
	w.rename(time.Now())
	if err := w.open(); err != nil {
		return nil, recordError(w.name, err)
	}
	return w, nil
}

// Frames records frames, which lie one after the other in data: ends are where
// each ends, changes the indexes of those that change the connection map.
func (w *Writer) Frames(received time.Time, data []byte, ends, changes []int) {
	w.addFrames(received, data, ends, changes)
	w.signal()
}

// Own records one of restail's own lines, with its line break.
func (w *Writer) Own(received time.Time, line []byte) {
	w.addOwn(received, line)
	w.signal()
}

// Reopen closes the file and opens it again, after what was recorded before.
func (w *Writer) Reopen() {
	w.mu.Lock()
	w.reopening = true
	w.mu.Unlock()
	w.signal()
}

// Close records what is waiting, and returns when everything is on the disk. The
// error says that something was not recorded.
func (w *Writer) Close() error {
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	w.signal()
	<-w.done
	if w.lost.isEmpty() {
		return nil
	}
	return fmt.Errorf("%d actions were not recorded: %w", w.lost.actions, w.failure)
}

// Written returns the time of receipt up to which everything is on the disk, or
// stated there as not recorded. It is zero at first.
func (w *Writer) Written() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written
}

func (w *Writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // run has not seen the last one yet
	}
}

// run writes what is in the backlog until the Writer is closed.
func (w *Writer) run() {
	defer close(w.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		chunks, reopen, closing := w.take()
		for _, c := range chunks {
			w.record(c)
			w.release(c)
			w.tick(time.Now())
		}
		w.stateHole()
		switch {
		case closing:
			w.finish()
			return
		case reopen:
			w.reopen()
		}
		w.tick(time.Now())
		var due <-chan time.Time
		if at := w.dueAt(); !at.IsZero() {
			timer.Reset(time.Until(at))
			due = timer.C
		}
		select {
		case <-w.wake:
			time.Sleep(gatherFor)
		case err := <-w.synced:
			w.endSync(err)
		case <-due:
		}
	}
}
