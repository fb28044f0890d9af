//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// How a run of restail may end.
const (
	terminated = "exit status 143"
	killed     = "signal: killed"
	loggedOut  = "exit status 3"
)

// stateAge is how far the state of a killed restail may be behind stdout: it is written
// once a second, with the time of an action that -w had on the disk.
const stateAge = 2 * time.Second

// A run is what soak knows about one process of restail. Each has its own recording;
// the state and the login are those of the process before.
type run struct {
	recording string
	ending    string        // how it must end; empty while it must not
	full      bool          // the disk was full
	revoked   time.Duration // when the login had to be refreshed; 0 for never
}

// beginRun begins a run.
func (s *service) beginRun(recording string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs++
	s.run = run{recording: recording}
	s.accepted, s.redialling, s.answered = false, false, 0
	if s.refresh == "" {
		s.issue()
	}
}

// settle waits until all gaps are filled and everything was received, and reports
// whether restail stays.
func (c *conn) settle() bool {
	for *backfill && min(c.quiet(), c.now()-c.Granted) < fillTime {
		if c.beat(time.Second) {
			return false
		}
	}
	return c.sync()
}

// signal ends the run.
func (c *conn) signal(signal syscall.Signal, ending string) {
	c.ending = ending
	c.client.process.Process.Signal(signal)
	select {
	case <-c.eof:
	case <-time.After(5 * time.Second):
		c.problem(untimely, "restail is still there 5s after %v", signal)
	}
}

// terminate ends the run while some actions are under way.
func terminate(c *conn) {
	if !c.settle() {
		c.leftUnasked()
		return
	}
	c.burst(5)
	c.client.limit(unix.RLIM_INFINITY)
	c.signal(syscall.SIGTERM, terminated)
	c.leftHole()
}

// leftHole allows the gap after the run to begin at any time before, if the disk was full:
// the state does not pass an action that is not on the disk.
func (s *service) leftHole() {
	if s.full && len(s.links) > 0 {
		s.links[len(s.links)-1].From = 0
	}
}

// canKill reports whether a run can be killed: the state is written, and the recording
// lacks nothing.
func (s *service) canKill() bool {
	return s.restarts && !s.full && len(s.links) > 0 && s.now()-s.links[0].Granted > 2*stateAge
}

// kill ends the run at any moment: the next gap must contain what restail did not write.
// No gap may be open, since nobody would fill it.
// When the link was up for long enough to update the state, the gap must be short, too.
func kill(c *conn) {
	if *backfill && !c.settle() {
		c.leftUnasked()
		return
	}
	from := time.Duration(0)
	if c.IntN(2) == 0 {
		from = c.From
		if c.beat(stateAge) {
			c.leftUnasked()
			return
		}
		c.burst(20)
	}
	c.From, c.Killed = from, c.now()
	c.signal(syscall.SIGKILL, killed)
}

// fillDisk lets the recording grow by a few bytes only, until a later handshake.
func fillDisk(c *conn) {
	info, err := os.Stat(c.recording)
	if err != nil {
		c.problem(other, "there is no recording: %v", err)
		return
	}
	c.full = true
	c.client.limit(uint64(info.Size() + c.Int64N(2000)))
	c.burst(30)
	if c.beat(heartbeatTimeout) {
		c.leftUnasked()
		return
	}
	c.burst(5)
	c.end()
}

// A login is a login at the service.
type login struct {
	access, refresh string // the valid tokens; empty for none
	count           int    // of tokens
	outage          int    // how many refreshes are answered with 503
}

// issue makes new tokens, and the old ones invalid.
func (l *login) issue() {
	l.count++
	l.access, l.refresh = fmt.Sprintf("an-access-token-%d", l.count), fmt.Sprintf("a-refresh-token-%d", l.count)
}

// save stores the login as restail login does.
func (l *login) save(folder string) error {
	text, err := json.Marshal(map[string]any{
		"serial": l.count, "api_url": "http://127.0.0.1", "client_id": "soak", "client_secret": "a-secret-of-the-soak",
		"access_token": l.access, "refresh_token": l.refresh, "expires_at": time.Now().Add(24 * time.Hour),
	})
	if err != nil {
		return err
	}
	folder = filepath.Join(folder, "restail")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "token.json"), text, 0o600)
}

// canRevoke reports whether restail refreshes its login after a 401: a token that it
// has just got is not worth another refresh before the service accepts it.
func (s *service) canRevoke() bool { return s.revoked == 0 || s.accepted }

// revoke refuses a handshake, and all until the login is refreshed.
func revoke(s *service, w http.ResponseWriter) {
	s.access, s.outage = "", s.IntN(3)
	s.revoked = s.now()
	refuse(http.StatusUnauthorized)(s, w)
}

// logOut refuses a handshake, and refreshes too.
func logOut(s *service, w http.ResponseWriter) {
	s.access, s.refresh, s.outage = "", "", 0
	s.client.limit(unix.RLIM_INFINITY)
	s.ending = loggedOut
	s.leftHole()
	refuse(http.StatusUnauthorized)(s, w)
}

// token answers a refresh.
func (s *service) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.outage > 0:
		s.outage--
		w.Header().Set("Retry-After", "0")
		http.Error(w, `{"error":"server_error"}`, http.StatusServiceUnavailable)
	case s.refresh == "" || r.FormValue("refresh_token") != s.refresh:
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
	default:
		s.issue()
		json.NewEncoder(w).Encode(map[string]any{"access_token": s.access, "refresh_token": s.refresh, "expires_in": 3600})
	}
}
