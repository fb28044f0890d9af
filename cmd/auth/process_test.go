package auth

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/serve"
)

// child runs this test binary as another process. Its arguments are the URL of
// the API and a refused token; its environment names the store.
func child(role string) int {
	if role == "command" {
		return commandChild()
	}
	o := Options{
		APIURL: os.Args[1], Environ: os.Environ(), HTTP: &http.Client{},
		Warn: func(string) {}, Secrets: new(redact.Secrets), Now: time.Now,
	}
	switch role {
	case "token": // at the end of stdin, asks for a token and prints it
		fmt.Println("ready")
		io.ReadAll(os.Stdin)
		s, err := Open(o)
		token := ""
		if err == nil {
			token, err = s.Token(context.Background(), os.Args[2])
		}
		if err != nil {
			fmt.Println("error:", err)
			return 1
		}
		fmt.Println(token)
	case "written", "renamed": // stops in the middle of a refresh
		if err := refreshUpTo(role, o); err != nil {
			fmt.Println("error:", err)
			return 1
		}
		fmt.Println("there")
		io.ReadAll(os.Stdin)
	}
	return 0
}

// refreshUpTo does what refresher.refresh does up to a step, and keeps the lock.
func refreshUpTo(step string, o Options) error {
	s, err := newStore(&o)
	if err != nil {
		return err
	}
	if _, err := s.lock(context.Background()); err != nil {
		return err
	}
	l, err := s.recover()
	if err != nil {
		return err
	}
	next, err := s.prepare()
	if err != nil {
		return err
	}
	form := map[string][]string{"grant_type": {"refresh_token"}, "refresh_token": {l.RefreshToken}}
	p, err := newAPI(&o).grant(context.Background(), l.application(), form)
	if err != nil {
		return err
	}
	if step == "written" {
		return json.NewEncoder(next).Encode(l.renewed(p))
	}
	return s.put(next, l.renewed(p))
}

// childEnviron returns the environment of a child. Without GORACE the race
// detector would sleep for a second at the end of each.
func childEnviron(role string) []string {
	return []string{childVariable + "=" + role, "GORACE=atexit_sleep_ms=0", "GOCOVERDIR=" + coverageDir}
}

// process is a running child.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Reader
}

func (w *fixture) start(t *testing.T, role, refused string) *process {
	t.Helper()
	return w.startCommand(t, exec.Command(os.Args[0], w.APIURL, refused), role)
}

// startCommand starts a command that runs this test binary.
func (w *fixture) startCommand(t *testing.T, cmd *exec.Cmd, role string) *process {
	t.Helper()
	cmd.Env = append(childEnviron(role), w.Environ...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, in, bufio.NewReader(out)}
	t.Cleanup(p.kill)
	return p
}

func (p *process) line(t *testing.T) string {
	t.Helper()
	line, err := p.lines.ReadString('\n')
	if err != nil {
		t.Errorf("the child ended: %v", err)
	}
	return strings.TrimSpace(line)
}

func (p *process) kill() {
	p.in.Close()
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func TestEightProcessesMakeOneRefresh(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"expired", "refused"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newFixture(t, serve.OAuthOptions{})
			old, refused := w.storeLogin(t, -time.Minute), ""
			if what == "refused" {
				old = w.storeLogin(t, time.Hour)
				refused = old.AccessToken
			}
			processes := make([]*process, 8)
			for i := range processes {
				processes[i] = w.start(t, "token", refused)
			}
			for _, p := range processes {
				if got := p.line(t); got != "ready" {
					t.Fatalf("a child said %q", got)
				}
			}
			for _, p := range processes {
				p.in.Close()
			}
			for _, p := range processes {
				if token := p.line(t); token == old.AccessToken || !w.oauth.Valid(token) || token != w.stored(t).AccessToken {
					t.Errorf("a process got %q", token)
				}
			}
			if got := w.oauth.Refreshes(); got != 1 || w.requests() != 1 {
				t.Errorf("%d refreshes in %d requests", got, w.requests())
			}
		})
	}
}

// TestKilledDuringRefresh kills a process at every step of a refresh, as kill -9 does.
func TestKilledDuringRefresh(t *testing.T) {
	t.Parallel()
	t.Run("before the request", func(t *testing.T) {
		t.Parallel()
		w := newFixture(t, serve.OAuthOptions{})
		w.storeLogin(t, -time.Minute)
		w.killWhile(t, func(http.ResponseWriter, *http.Request) {})
		token := mustToken(t, w.open(t), "")
		if !w.oauth.Valid(token) || w.oauth.Refreshes() != 1 {
			t.Error("the stored login does not work")
		}
	})
	t.Run("before the answer", func(t *testing.T) {
		t.Parallel()
		w := newFixture(t, serve.OAuthOptions{})
		old := w.storeLogin(t, -time.Minute)
		w.killWhile(t, func(_ http.ResponseWriter, r *http.Request) { w.oauth.ServeHTTP(httptest.NewRecorder(), r) })
		if *w.stored(t) != *old {
			t.Error("the store has changed")
		}
		// The only valid tokens are gone with the process.
		_, err := w.open(t).Token(t.Context(), "")
		wantError(t, err, statusUnauthorized, false, "no longer valid", "restail login")
	})
	for _, role := range []string{"written", "renamed"} {
		for _, refused := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, refused %t", role, refused), func(t *testing.T) {
				t.Parallel()
				w := newFixture(t, serve.OAuthOptions{})
				old, left := "", -time.Minute
				if refused {
					left = time.Hour
				}
				if l := w.storeLogin(t, left); refused {
					old = l.AccessToken
				}
				p := w.start(t, role, "")
				if got := p.line(t); got != "there" {
					t.Fatalf("the child said %q", got)
				}
				p.kill()
				if token := mustToken(t, w.open(t), old); !w.oauth.Valid(token) || w.stored(t).AccessToken != token {
					t.Error("the stored login does not work")
				}
				if w.oauth.Refreshes() != 1 {
					t.Errorf("%d refreshes: the answer was lost", w.oauth.Refreshes())
				}
				files, _ := filepath.Glob(filepath.Join(filepath.Dir(w.path(t)), "*.new"))
				if len(files) > 0 {
					t.Errorf("%q is left over", files)
				}
			})
		}
	}
}

// killWhile starts a refresh in a child, calls answer, and kills the child before
// it receives anything.
func (w *fixture) killWhile(t *testing.T, answer func(http.ResponseWriter, *http.Request)) {
	t.Helper()
	asked, killed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(rw, r)
		once.Do(func() { close(asked) })
		<-killed
		return true
	})
	p := w.start(t, "token", "")
	p.line(t)
	p.in.Close()
	<-asked
	p.kill()
	close(killed)
	w.intercept(nil)
}
