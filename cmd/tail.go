package cmd

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/restail/restail/cmd/auth"
	"github.com/restail/restail/cmd/endpoint"
	"github.com/restail/restail/cmd/session"
)

// tailCommand follows the live chat.
type tailCommand struct{ *tailFlags }

type tailFlags struct {
	outputFlags
	endFlags
	recordFlags
	stateFlags
	backfillFlags
	linkFlags
	tokenFlags
	talkFlags
}

// Run dials the chat and runs it through the pipe.
func (c *tailCommand) Run(r *run) error {
	r.talk(&c.talkFlags)
	p, err := r.newPipe(&c.outputFlags, &c.endFlags)
	if err != nil {
		return err
	}
	if p.state, err = r.openState(&c.stateFlags); err != nil {
		return err
	}
	if p.state != nil {
		defer p.state.Close()
	}
	if c.Write != "" && filepath.Clean(c.Write) == filepath.Clean(c.State) {
		return usageError(errors.New("--write and --state name the same file"), "")
	}
	if p.recorder, err = r.newRecorder(&c.recordFlags, c.Buffer); err != nil {
		return err
	}
	p.fills = c.Backfill
	live, err := r.dialer(&c.linkFlags, &c.tokenFlags, p)
	if err != nil {
		if p.recorder != nil {
			_ = p.recorder.Close() // nothing was received
		}
		return err
	}
	p.source, p.live = live, live
	return r.follow(p, &c.endFlags)
}

// dialer builds the live source from the flags; nothing is contacted yet. What it
// receives is recorded as p says, which may be nil.
func (r *run) dialer(l *linkFlags, t *tokenFlags, p *pipe) (*session.Live, error) {
	if _, err := endpoint.Check(l.URL, "wss", "ws"); err != nil {
		return nil, r.flagError("url", err)
	}
	tokens, api, err := r.tokens(t)
	if err != nil {
		return nil, err
	}
	if p != nil && p.fills {
		var edge []byte
		if p.state != nil {
			edge = p.state.Edge()
		}
		p.backfill = r.newBackfill(api, tokens, time.Duration(l.MaxBackoff), 1, edge)
	}
	return r.newLive(l, tokens, p)
}

// tokens opens the source of access tokens; nothing is contacted yet.
func (r *run) tokens(t *tokenFlags) (*auth.Source, auth.Options, error) {
	options, err := r.authOptions(&t.apiFlags)
	if err != nil {
		return nil, options, err
	}
	options.TokenFile, options.TokenCommand = t.TokenFile, t.TokenCommand
	source, err := auth.Open(options)
	return source, options, err
}

// newLive builds a live source that asks tokens for the access token; see dialer
// for p.
func (r *run) newLive(l *linkFlags, tokens session.Tokens, p *pipe) (*session.Live, error) {
	options := session.LiveOptions{
		URL: l.URL, Tokens: tokens, Redact: r.secrets.Text, Getenv: r.getenv, UserAgent: userAgent(),
		Retries: l.retries(), MaxBackoff: time.Duration(l.MaxBackoff),
		HeartbeatTimeout: time.Duration(l.HeartbeatTimeout),
		MaxFrame:         int(l.MaxFrame), Buffer: int(l.Buffer), Resumed: r.resumed,
	}
	if p != nil && p.recorder != nil {
		options.Recorder = p.recorder
	}
	if p != nil && p.backfill != nil {
		options.Inserts = p.backfill.inserts
	}
	if p != nil && p.state != nil {
		options.CompleteUntil, _ = p.state.Complete()
	}
	live, err := session.NewLive(options)
	if err != nil {
		return nil, usageError(err, "")
	}
	return live, nil
}

// retries is how often to dial again in an outage; a negative number means without limit.
func (l *linkFlags) retries() int {
	switch {
	case !l.Reconnect:
		return 0
	case l.MaxRetries != nil:
		return int(*l.MaxRetries)
	}
	return -1
}

// authOptions builds the options of the token source. Every secret that it finds
// is kept out of stderr.
func (r *run) authOptions(api *apiFlags) (auth.Options, error) {
	if err := endpoint.CheckProxy(r.getenv); err != nil {
		return auth.Options{}, usageError(err, "")
	}
	address, err := auth.CheckAPI(api.APIURL)
	if err != nil {
		return auth.Options{}, r.flagError("api-url", err)
	}
	r.secrets.AddBasic(endpoint.ProxyLogin(r.getenv))
	stderr := r.Stderr
	if r.inJSON {
		stderr = &notes{tell: func(line string) { r.status.Note("link", line) }}
	}
	return auth.Options{
		APIURL: api.APIURL, Environ: r.Environ, Stdin: r.Stdin, Stderr: stderr,
		HTTP: r.httpClient(address.Scheme == "http"), Secrets: r.secrets,
		Warn: func(line string) { r.status.Note("link", line) }, Now: time.Now,
	}, nil
}

// httpClient honours HTTPS_PROXY and NO_PROXY of the Env. A plain one stays on
// this machine.
func (r *run) httpClient(plain bool) *http.Client {
	dialer := &net.Dialer{}
	if plain {
		dialer.Control = endpoint.OnlyLoopback
	}
	proxy := endpoint.Proxy(r.getenv)
	return &http.Client{
		Transport: &http.Transport{
			Proxy:             func(q *http.Request) (*url.URL, error) { return proxy(q.URL) },
			DialContext:       dialer.DialContext,
			ForceAttemptHTTP2: true,
		},
	}
}
