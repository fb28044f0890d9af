package cmd

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/restail/restail/cmd/session"
)

// replayCommand runs a recording through the pipe.
type replayCommand struct {
	File string `arg:"" optional:"" default:"-" words:"files" help:"The recording, - or nothing for stdin; a gzipped one is read too."`
	*replayFlags
}

type replayFlags struct {
	paceFlags
	outputFlags
	endFlags
	frameFlags
	talkFlags
}

// Run opens the recording and runs it through the pipe.
func (c *replayCommand) Run(r *run) error {
	r.talk(&c.talkFlags)
	p, err := r.newPipe(&c.outputFlags, &c.endFlags)
	if err != nil {
		return err
	}
	recording, err := r.open(c.File)
	if err != nil {
		return err
	}
	defer recording.Close()
	p.source = session.NewReplay(session.ReplayOptions{
		R: recording, Speed: float64(c.Speed), MaxFrame: int(c.MaxFrame),
	})
	return r.follow(p, &c.endFlags)
}

// open opens a recording, - for stdin.
func (r *run) open(name string) (io.ReadCloser, error) {
	if name == "-" {
		if terminal(r.Stdin) {
			r.status.Note("frame", "reading a recording from stdin; Ctrl-D ends it")
		}
		return io.NopCloser(r.Stdin), nil
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, unreadable(fmt.Errorf("%s is a directory", name))
	case err == nil && info.Mode()&os.ModeNamedPipe != 0:
		return &namedPipe{name: name}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, unreadable(err)
	}
	return file, nil
}

func unreadable(err error) error {
	return usageError(fmt.Errorf("cannot read the recording: %w", err), "")
}

// namedPipe is opened by its first read, since that waits for somebody who
// writes to it. The end of the run does not wait, so that it can be closed while
// that read is under way.
type namedPipe struct {
	name string
	file atomic.Pointer[os.File]
}

func (n *namedPipe) Read(p []byte) (int, error) {
	file := n.file.Load()
	if file == nil {
		var err error
		if file, err = os.Open(n.name); err != nil {
			return 0, usageError(err, "")
		}
		n.file.Store(file)
	}
	return file.Read(p)
}

func (n *namedPipe) Close() error {
	if file := n.file.Load(); file != nil {
		return file.Close()
	}
	return nil
}
