package auth

import (
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// openTime is how long to wait for a program that cannot open a browser to fail.
const openTime = time.Second

// openers are the programs that open a URL in the user's browser.
var openers = map[string][][]string{
	"windows": {{"rundll32", "url.dll,FileProtocolHandler"}},
	"darwin":  {{"open"}},
	"":        {{"xdg-open"}, {"wslview"}, {"x-www-browser"}},
}

// Browser returns a function that opens a URL in the user's browser. It tries
// the programs of the variable BROWSER, separated like those of PATH, then the
// system's own, until one does not fail within a second. It does not wait for
// the browser, and detaches it from our terminal.
func Browser(environ []string) func(url string) error {
	o := Options{Environ: environ}
	programs, desktop := openers[runtime.GOOS]
	if !desktop {
		programs = openers[""]
		desktop = o.getenv("DISPLAY") != "" || o.getenv("WAYLAND_DISPLAY") != "" || o.getenv("WSL_DISTRO_NAME") != ""
	}
	var chosen [][]string
	for _, program := range filepath.SplitList(o.getenv("BROWSER")) {
		if words, err := split(program); err == nil {
			chosen = append(chosen, words)
		}
	}
	programs = append(chosen, programs...)
	return func(url string) error {
		for i, words := range programs {
			switch {
			case start(words, url, environ) != nil:
			case i >= len(chosen) && !desktop: // it would start a text browser, which needs a terminal
				return errors.New("there is no desktop to open a browser on")
			default:
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
	left := make(chan error, 1)
	go func() { left <- cmd.Wait() }()
	select {
	case err := <-left:
		return err
	case <-time.After(openTime):
		return nil
	}
}
