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
	"net/url"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/restail/restail/cmd/endpoint"
)

//go:embed page.html
var page string

// pageTime is how long the browser has to fetch its page after the login.
const pageTime = 2 * time.Second

// fromBrowser logs in through the browser of this machine, and serves the redirect
// URL to which the browser returns.
func (f *flow) fromBrowser(ctx context.Context) error {
	listeners, err := f.listen(ctx)
	if err != nil {
		return err
	}
	c := &callback{flow: f, ctx: ctx, done: make(chan error, 1)}
	server := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	var serving sync.WaitGroup
	for _, listener := range listeners {
		serving.Go(func() { _ = server.Serve(listener) })
	}
	defer serving.Wait()
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageTime)
		defer cancel()
		if server.Shutdown(ctx) != nil {
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

// listen opens the port of the redirect URL, on loopback only. A browser may resolve
// localhost to either loopback address, so listen opens both. This machine may lack
// one of them, but no other program may listen on either: it could get the code.
func (f *flow) listen(ctx context.Context) (listeners []net.Listener, err error) {
	hosts := []string{f.redirect.Hostname()}
	if strings.EqualFold(hosts[0], "localhost") {
		hosts = []string{"127.0.0.1", "::1"}
	}
	for _, host := range hosts {
		listener, listenErr := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, f.redirect.Port()))
		switch {
		case listenErr == nil:
			listeners = append(listeners, listener)
		case errors.Is(listenErr, addressInUse):
			for _, listener := range listeners {
				listener.Close()
			}
			return nil, failed("port %s is taken by another program: choose another with --redirect-url, and register that URL for the application too, or use --no-browser", f.redirect.Port())
		default:
			err = listenErr
		}
	}
	if len(listeners) == 0 {
		return nil, failed("cannot listen on the redirect URL: %v; try --no-browser", endpoint.Cause(err))
	}
	return listeners, nil
}

// browse opens the browser, if there is one, and prints the URL.
func (f *flow) browse() {
	if f.Browse != nil {
		if err := f.Browse(f.url()); err == nil {
			fmt.Fprintf(f.Stderr, "The browser opens. If it does not, open this URL in a browser on this machine:\n\n%s\n\n", f.url())
			return
		}
	}
	fmt.Fprintf(f.Stderr, "Open this URL in a browser on this machine, or use --no-browser for one elsewhere:\n\n%s\n\n", f.url())
}

// callback serves the redirect URL. Any web page can make the browser request
// it, so only an answer that belongs to this login ends the login. The first such
// answer counts; a reload shows the same page.
type callback struct {
	flow    *flow
	ctx     context.Context // the login's
	once    sync.Once
	outcome error
	done    chan error // receives the outcome after the page is written
}

func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := c.flow.redirect.Path
	if path == "" {
		path = "/"
	}
	switch {
	case !sameHost(r.Host, c.flow.redirect):
		http.Error(w, "wrong Host", http.StatusBadRequest)
	case r.URL.Path != path:
		http.NotFound(w, r)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "only GET is allowed here", http.StatusMethodNotAllowed)
	case !c.endsLogin(r):
		show(w, http.StatusBadRequest, "Not the answer", "This page is not the answer that restail waits for. Go back to the page that restail opened, or start the login again.")
	default:
		c.end(w, r)
	}
}

// sameHost reports whether a Host header names the host and port of a URL.
func sameHost(header string, u *url.URL) bool {
	return strings.EqualFold(header, u.Host) || strings.EqualFold(header+":80", u.Host)
}

// endsLogin reports whether a request ends the login. After a denial the service
// redirects the browser without any parameter. Only a navigation of a window
// counts as a denial, not a request in the background or in a frame.
func (c *callback) endsLogin(r *http.Request) bool {
	if q := r.URL.RawQuery; q == "" || q == c.flow.redirect.RawQuery {
		h := r.Header
		return h.Get("Sec-Fetch-Mode") == "navigate" && h.Get("Sec-Fetch-Dest") == "document" && h.Get("Sec-Purpose") == ""
	}
	return c.flow.hasState(r.URL.Query())
}

// end finishes the login, once, and shows the outcome.
func (c *callback) end(w http.ResponseWriter, r *http.Request) {
	c.once.Do(func() {
		code, err := c.flow.codeOf(r.URL.Query())
		if err == nil {
			err = c.flow.finish(c.ctx, code)
		}
		c.outcome = err
	})
	if c.outcome == nil {
		show(w, http.StatusOK, "Logged in", "restail can follow your chats now. You can close this page.")
	} else {
		show(w, http.StatusBadRequest, "Not logged in", "The terminal that restail runs in says why. You can close this page.")
	}
	select {
	case c.done <- c.outcome:
	default: // a reload
	}
}

// show writes a page for the user. Nothing on it is secret, and no other site
// learns the URL with the code.
func show(w http.ResponseWriter, status int, title, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = strings.NewReplacer("{title}", title, "{text}", text).WriteString(w, page)
}

// openTime is how long a program that cannot open a browser may take to fail.
const openTime = time.Second

// Browser returns a function that opens a URL in the user's browser. It tries
// the programs of the variable BROWSER, separated like those of PATH, then the
// system's own, until one does not fail within a second. It does not wait for
// the browser, and detaches it from our terminal.
func Browser(environ []string) func(url string) error {
	getenv := func(name string) string { return endpoint.Getenv(environ, name) }
	var programs [][]string
	for _, program := range filepath.SplitList(getenv("BROWSER")) {
		if words, err := split(program); err == nil {
			programs = append(programs, words)
		}
	}
	switch {
	case runtime.GOOS == "windows":
		programs = append(programs, []string{"rundll32", "url.dll,FileProtocolHandler"})
	case runtime.GOOS == "darwin":
		programs = append(programs, []string{"open"})
	// Elsewhere they may start a text browser, which needs a terminal.
	case getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != "" || getenv("WSL_DISTRO_NAME") != "":
		programs = append(programs, []string{"xdg-open"}, []string{"wslview"}, []string{"x-www-browser"})
	}
	return func(url string) error {
		for _, words := range programs {
			if start(words, url, environ) == nil {
				return nil
			}
		}
		return errors.New("no browser was found")
	}
}

// start runs a program with the URL as its last argument, or in place of %s.
func start(words []string, url string, environ []string) error {
	args, placed := make([]string, 0, len(words)), false
	for _, word := range words[1:] {
		placed = placed || strings.Contains(word, "%s")
		args = append(args, strings.ReplaceAll(word, "%s", url))
	}
	if !placed {
		args = append(args, url)
	}
	cmd := exec.Command(words[0], args...)
	cmd.Env = environ
	cmd.SysProcAttr = detached()
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(openTime):
		return nil
	}
}
