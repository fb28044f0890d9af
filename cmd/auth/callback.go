package auth

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed page.html
var page string

// pageTime is how long the browser gets to take its page after the login.
const pageTime = 2 * time.Second

// fromBrowser is a login in the browser of this machine, which comes back to a
// listener of ours.
func (f *flow) fromBrowser(ctx context.Context) error {
	listener, err := f.listen(ctx)
	if err != nil {
		return err
	}
	c := newCallback(ctx, f)
	server := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	defer serving.Wait()
	defer func() {
		leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageTime)
		defer cancel()
		if server.Shutdown(leave) != nil {
			server.Close()
		}
	}()
	f.browse()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-c.done:
		return err
	}
}

// listen opens the port of the redirect URL, on loopback only.
func (f *flow) listen(ctx context.Context) (net.Listener, error) {
	host := f.redirect.Hostname()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, f.redirect.Port()))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, failed("port %s is taken by another program: choose another with --redirect-url, and register that URL for the application too, or use --no-browser", f.redirect.Port())
	}
	if err != nil {
		return nil, failed("cannot listen for the browser's return: %v; try --no-browser", err)
	}
	return listener, nil
}

// browse opens the browser if there is one, and prints the URL in any case.
func (f *flow) browse() {
	if f.Browse != nil {
		if err := f.Browse(f.url()); err == nil {
			fmt.Fprintf(f.Stderr, "The browser opens. If it does not, open this URL in a browser on this machine:\n\n%s\n\n", f.url())
			return
		}
	}
	fmt.Fprintf(f.Stderr, "Open this URL in a browser on this machine, or use --no-browser for one elsewhere:\n\n%s\n\n", f.url())
}

// callback answers the browser when it comes back. The first time decides what
// becomes of the login; a page that is loaded again shows the same.
type callback struct {
	flow    *flow
	ctx     context.Context // the login's
	once    sync.Once
	outcome error
	done    chan error // takes the outcome once it has been shown
}

func newCallback(ctx context.Context, f *flow) *callback {
	return &callback{flow: f, ctx: ctx, done: make(chan error, 1)}
}

func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := c.flow.redirect.Path
	if path == "" {
		path = "/"
	}
	switch {
	case r.URL.Path != path:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "only GET is answered here", http.StatusMethodNotAllowed)
		return
	}
	first := false
	c.once.Do(func() { first, c.outcome = true, c.finish(r) })
	c.show(w, c.outcome)
	if first {
		c.done <- c.outcome
	}
}

func (c *callback) finish(r *http.Request) error {
	code, err := c.flow.came(r.URL.Query())
	if err != nil {
		return err
	}
	return c.flow.finish(c.ctx, code)
}

// show tells the user in the browser how it went. There is nothing secret on
// the page, and the URL with the code stays where it is.
func (c *callback) show(w http.ResponseWriter, err error) {
	status, title, text := http.StatusOK, "Logged in", "restail can follow your chats now. You can close this page."
	if err != nil {
		status, title, text = http.StatusBadRequest, "Not logged in", "The terminal that restail runs in says why. You can close this page."
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = strings.NewReplacer("{title}", title, "{text}", text).WriteString(w, page)
}
