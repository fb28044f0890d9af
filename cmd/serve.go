package cmd

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/restail/restail/cmd/endpoint"
	"github.com/restail/restail/cmd/serve"
)

// serveCommand is a loopback Restream.
type serveCommand struct {
	File string `arg:"" optional:"" words:"files" help:"A recording made with -o raw, - for stdin. Default: the built-in show."`
	*serveFlags
}

type serveFlags struct {
	Listen string `default:"127.0.0.1:0" placeholder:"ADDRESS" group:"serve" help:"Where to listen: a loopback address and a port, 0 for any that is free."`
	Token  string `placeholder:"TOKEN" group:"serve" help:"The only token to accept. Default: any."`
	Loop   bool   `group:"serve" help:"Start the show again when it is over."`
	Speed  speed  `default:"1" placeholder:"FACTOR" words:"max" group:"serve" help:"max, or a factor of the recorded pace such as 1 or 10."`
	talkFlags
}

// Run serves until a signal.
func (c *serveCommand) Run(r *run) error {
	r.talk(&c.talkFlags)
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
	up, err := startServer(r.Context, c.Listen, serve.Options{
		Actions: actions, Speed: float64(c.Speed), Loop: c.Loop, Token: c.Token,
		Other: serve.NewOAuth(serve.OAuthOptions{}),
	})
	if err != nil {
		return err
	}
	defer up.stop()
	what := "the built-in show"
	if c.File != "" {
		what = c.File
	}
	r.status.Note("link", "serving "+what+" until Ctrl-C; to try a login: restail login --api-url="+up.api)
	if _, err := fmt.Fprintf(r.Stdout, "export RESTAIL_URL=%s\n", up.url); err != nil {
		return writeError(err)
	}
	<-r.Done()
	return context.Cause(r)
}

// recording reads the show, until a signal. When that comes first, the read is
// left behind: there is no way to stop it.
func (c *serveCommand) recording(r *run) ([]serve.Action, error) {
	recording, err := r.open(c.File)
	if err != nil {
		return nil, err
	}
	var actions []serve.Action
	read := make(chan error, 1)
	go func() {
		defer recording.Close()
		var err error
		actions, err = serve.Recording(recording)
		read <- err
	}()
	select {
	case <-r.Done():
		return nil, context.Cause(r)
	case err := <-read:
		if err != nil {
			return nil, unreadable(err)
		}
		return actions, nil
	}
}

// checkLoopback checks that an address to listen on is one that other machines
// cannot reach.
func checkLoopback(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is no address: write one with a port, as 127.0.0.1:8080", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q is no port: write a number from 0, for any that is free, to 65535", port)
	}
	if !endpoint.IsLoopback(host) {
		return fmt.Errorf("%q is not this machine alone: only a loopback address can be served, 127.0.0.1, [::1] or localhost", address)
	}
	return nil
}

// upstream is a running loopback Restream.
type upstream struct {
	url  string // ws://127.0.0.1:PORT/ws
	api  string // http://127.0.0.1:PORT, where the OAuth endpoints are
	stop func()
}

// startServer listens and serves in the background.
func startServer(ctx context.Context, address string, o serve.Options) (*upstream, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
	chat := serve.New(o)
	server := &http.Server{Handler: serve.LoopbackOnly(chat), ReadHeaderTimeout: 10 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) })
	return &upstream{
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

// stopTime is how long clients get to take their close frame.
const stopTime = time.Second
