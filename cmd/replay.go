package cmd

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/restail/restail/cmd/session"
)

// replayCommand runs recordings through the pipe.
type replayCommand struct {
	Files []string `arg:"" optional:"" name:"file" words:"files" help:"The recordings, in order, gzipped or not; - or nothing for stdin."`
	*replayFlags
}

type replayFlags struct {
	periodFlags
	paceFlags
	outputFlags
	endFlags
	frameFlags
	messageFlags
}

// Run opens the recordings and runs them through the pipe.
func (c *replayCommand) Run(r *run) error {
	r.setMessages(&c.messageFlags)
	p, err := r.newPipe(&c.outputFlags, &c.endFlags)
	if err != nil {
		return err
	}
	if c.Files == nil {
		c.Files = []string{stdinName}
	}
	options := session.ReplayOptions{Speed: float64(c.Speed), MaxFrame: int(c.MaxFrame)}
	if c.periodFlags.isSet() {
		options.Period = c.periodFlags.resolve
	}
	var closeAll func()
	if options.Files, closeAll, err = r.openAll(c.Files); err != nil {
		return err
	}
	defer closeAll()
	p.source = session.NewReplay(options)
	err = r.follow(p)
	if errors.Is(err, session.ErrEmpty) && slices.Equal(c.Files, []string{stdinName}) {
		return errors.New("stdin is empty")
	}
	return err
}

// setZone loads the user's time zone if a flag needs it.
func (f *replayFlags) setZone(env Env) error {
	return cmp.Or(f.outputFlags.setZone(env), f.periodFlags.setZone(env))
}

// stdinName is the name that stands for stdin.
const stdinName = "-"

// openAll opens recordings. After an error, nothing stays open.
func (r *run) openAll(names []string) (files []session.File, closeAll func(), err error) {
	closeAll = func() {
		for _, file := range files {
			file.R.(io.Closer).Close()
		}
	}
	stdin := false
	for _, name := range names {
		if name == stdinName && stdin {
			closeAll()
			return nil, nil, usageError(errors.New("stdin is named twice, but can be read only once"), "")
		}
		stdin = stdin || name == stdinName
		in, err := r.open(name)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		file := session.File{Name: name, R: in}
		switch {
		case name == stdinName && len(names) > 1:
			file.Name = "stdin"
		case name == stdinName:
			file.Name = ""
		}
		files = append(files, file)
	}
	return files, closeAll, nil
}

// open opens a recording, - for stdin.
func (r *run) open(name string) (io.ReadCloser, error) {
	if name == stdinName {
		if isTerminal(r.Stdin) {
			r.status.Note("frame", "reading a recording from stdin; Ctrl-D ends it")
		}
		if file, ok := r.Stdin.(*os.File); ok {
			if info, err := file.Stat(); err == nil && info.IsDir() {
				return nil, isDirectory("stdin")
			}
		}
		return io.NopCloser(r.Stdin), nil
	}
	info, err := os.Stat(name)
	switch {
	case name == "":
		return nil, usageError(errors.New("the name of the file is empty"), "")
	case err == nil && info.IsDir():
		return nil, isDirectory(name)
	case err == nil && info.Mode()&os.ModeNamedPipe != 0:
		return &namedPipe{name: name}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, readError("recording", err)
	}
	return file, nil
}

func isDirectory(name string) error {
	return readError("recording", &fs.PathError{Op: "open", Path: name, Err: syscall.EISDIR})
}

// namedPipe opens a named pipe at the first read, because opening waits for a writer.
// It can be closed while that read waits.
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
