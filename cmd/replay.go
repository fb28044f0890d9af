package cmd

import (
	"fmt"
	"io"
	"os"

	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
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
	recording, closeFile, err := r.open(c.File)
	if err != nil {
		return err
	}
	defer closeFile()
	replay := session.NewReplay(session.ReplayOptions{
		R: recording, Speed: float64(c.Speed), MaxFrame: int(c.MaxFrame), Stamp: decode.Stamp,
	})
	replay.Ahead(p.ahead())
	p.source = replay
	return r.follow(p, &c.endFlags)
}

// open opens a recording, - for stdin.
func (r *run) open(name string) (io.Reader, func() error, error) {
	tell := func(hint string) { r.status.Note("frame", hint) }
	if name == "-" {
		return &firstLook{in: r.Stdin, tell: tell}, func() error { return nil }, nil
	}
	if info, err := os.Stat(name); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		return &firstLook{in: &namedPipe{name: name}, tell: tell}, func() error { return nil }, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, unreadable(err)
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory", name)
	}
	if err != nil {
		file.Close()
		return nil, nil, unreadable(err)
	}
	return &firstLook{in: file, tell: tell}, file.Close, nil
}

func unreadable(err error) error {
	return usageError(fmt.Errorf("cannot read the recording: %w", err), "")
}

// namedPipe is opened by its first read, since that waits for somebody who
// writes to it.
type namedPipe struct {
	name string
	file *os.File
}

func (n *namedPipe) Read(p []byte) (int, error) {
	if n.file == nil {
		file, err := os.Open(n.name)
		if err != nil {
			return 0, usageError(err, "")
		}
		n.file = file
	}
	return n.file.Read(p)
}
