package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/restail/restail/cmd/endpoint"
	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/serve"
)

// serveCommand runs a loopback Restream.
type serveCommand struct {
	File string `arg:"" optional:"" words:"files" help:"A recording, - for stdin. Default: the built-in show."`
	*serveFlags
}

type serveFlags struct {
	Listen string `default:"127.0.0.1:0" placeholder:"ADDRESS" group:"serve" help:"The loopback address and port to listen on. Port 0 means any free port."`
	Token  string `placeholder:"TOKEN" group:"serve" help:"The only access token to accept. Default: any that is not empty."`
	Loop   bool   `group:"serve" help:"Start the show again when it ends."`
	Speed  speed  `default:"1" placeholder:"FACTOR" words:"max" group:"serve" help:"max, or a factor of the recorded pace such as 1 or 10."`
	outageFlags
	lineFlags
	messageFlags
}

// Run serves until a signal arrives.
func (c *serveCommand) Run(r *run) error {
	r.setMessages(&c.messageFlags)
	actions := serve.Show()
	if c.File != "" {
		var err error
		if actions, err = c.recording(r); err != nil {
			return err
		}
	}
	if err := checkLoopback(c.Listen); err != nil {
		return r.flagError("listen", err)
	}
	server, err := startServer(r.Context, c.Listen, serve.Options{
		Actions: actions, Speed: float64(c.Speed), Loop: c.Loop, Outage: time.Duration(c.Outage), Token: c.Token,
		Other: serve.NewOAuth(serve.OAuthOptions{}),
	})
	if err != nil {
		return &exitError{statusFailed, err, "choose another port with --listen; port 0 is any free one"}
	}
	defer server.stop()
	r.status.Note("link", "serving "+c.show()+" until Ctrl-C")
	ready := exportLine("RESTAIL_URL", server.url) + exportLine("RESTAIL_API_URL", server.api)
	if _, err := io.WriteString(wholeLines{r.Stdout}, ready); err != nil {
		return writeError(err)
	}
	<-r.Done()
	return context.Cause(r)
}

// show returns the name of what is served, for messages.
func (c *serveCommand) show() string {
	switch c.File {
	case "":
		return "the built-in show"
	case stdinName:
		return "stdin"
	}
	return c.File
}

// exportLine returns the shell command that sets an environment variable.
func exportLine(name, value string) string {
	command := "export"
	if runtime.GOOS == "windows" {
		command = "set"
	}
	return fmt.Sprintf("%s %s=%s\n", command, name, value)
}

// recording reads the recording, until a signal ends the run.
func (c *serveCommand) recording(r *run) ([]serve.Action, error) {
	file, err := r.open(c.File)
	if err != nil {
		return nil, err
	}
	type contents struct {
		actions []serve.Action
		skipped serve.Skipped
	}
	read, err := await(r, func() (contents, error) {
		defer file.Close()
		actions, skipped, err := serve.Recording(file, int(c.MaxFrame))
		return contents{actions, skipped}, err
	})
	switch {
	case r.Err() != nil:
		return nil, context.Cause(r)
	case errors.As(err, new(*recording.FormatError)):
		return nil, recordingError(err)
	case err != nil:
		return nil, readError("recording", err)
	}
	return read.actions, c.reportSkipped(r, read.skipped, len(read.actions))
}

// reportSkipped reports the lines of a recording that are not served. It returns an
// error if no line is served.
func (c *serveCommand) reportSkipped(r *run, skipped serve.Skipped, served int) error {
	if skipped.TooLarge > 0 {
		r.status.Note("frame", fmt.Sprintf("skipped %s larger than --max-frame (%d bytes)", counted(skipped.TooLarge, "frame"), c.MaxFrame))
	}
	if served == 0 {
		return &exitError{statusFailed, fmt.Errorf("no line of %s is an action", c.show()), "serve needs a recording made with -w or -o raw"}
	}
	if skipped.Broken > 0 {
		r.status.Note("frame", fmt.Sprintf("skipped %s without an action", counted(skipped.Broken, "line")))
	}
	if skipped.Cut {
		r.status.Note("frame", "the recording is cut short: serving what can be read")
	}
	return nil
}

// counted returns a number of things: 1 line, 2 lines.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// checkLoopback refuses a listening address that other machines can reach.
func checkLoopback(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("invalid address %q: want a host and a port, for example 127.0.0.1:8080", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("invalid port %q: want a number from 0 (any free port) to 65535", port)
	}
	if !endpoint.IsLoopback(host) {
		return fmt.Errorf("%q can be reached from other machines: want 127.0.0.1, [::1] or localhost", address)
	}
	return nil
}

// loopbackServer is a running loopback Restream.
type loopbackServer struct {
	url  string // ws://127.0.0.1:PORT/ws
	api  string // http://127.0.0.1:PORT, for the chat history and the tokens
	stop func()
}

// startServer listens and serves in the background.
func startServer(ctx context.Context, address string, o serve.Options) (*loopbackServer, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		if e, ok := errors.AsType[*net.OpError](err); ok {
			err = e.Err
		}
		if e, ok := errors.AsType[*os.SyscallError](err); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	chat := serve.New(o)
	server := &http.Server{Handler: serve.LoopbackOnly(chat), ReadHeaderTimeout: 10 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) })
	return &loopbackServer{
		url: "ws://" + listener.Addr().String() + serve.Path,
		api: "http://" + listener.Addr().String(),
		stop: func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
			defer cancel()
			chat.Shutdown(ctx)
			server.Close()
			serving.Wait()
		},
	}, nil
}

// stopTime limits the wait for the clients' answers to the close frame.
const stopTime = time.Second
