package cmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// A flag beats its environment twin, which beats the configuration file. kong
// asks its resolvers in order and takes the last answer.

// twin returns the name of a flag's environment variable: RESTAIL_MAX_FRAME
// for --max-frame.
func twin(flag string) string {
	return "RESTAIL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// twinless are the flags that neither the environment nor the configuration
// can set: those that make no sense there, and --token of serve, since tokens
// have variables of their own.
var twinless = map[string]bool{"help": true, "version": true, "token": true}

// origins maps the long name of a flag that was set elsewhere than on the
// command line to where: the name of a variable, or the path of the configuration.
type origins map[string]string

// blame prefixes an error about a flag with where the flag was set.
func (o origins) blame(complaint string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(complaint, "--"), " ")
	if origin := o[strings.TrimSuffix(name, ":")]; origin != "" {
		return origin + ": " + complaint
	}
	return complaint
}

// rivals are pairs of flags that exclude each other. The command line beats the
// environment, which beats the configuration: there the other one is ignored.
var rivals = map[string]string{
	"filter": "filter-file", "filter-file": "filter",
	"status": "quiet", "quiet": "status",
}

// outdone reports whether the rival of a flag is on the command line.
func outdone(parsed *kong.Context, flag *kong.Flag) bool {
	return slices.ContainsFunc(parsed.Path, func(p *kong.Path) bool {
		return p.Flag != nil && !p.Resolved && p.Flag.Name == rivals[flag.Name]
	})
}

// negated reads the value of --no-NAME as one of --NAME.
func negated(value string) string {
	switch strings.ToLower(value) {
	case "1", "true", "yes":
		return "false"
	case "0", "false", "no":
		return "true"
	}
	return value
}

// environment resolves flags from their environment twins.
func environment(env Env, o origins) kong.Resolver {
	return kong.ResolverFunc(func(parsed *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if twinless[flag.Name] || outdone(parsed, flag) {
			return nil, nil
		}
		negation := twin("no-" + flag.Name)
		if value := env.getenv(negation); value != "" && flag.Tag.Negatable != "" {
			o[flag.Name] = negation
			return negated(value), nil
		}
		if value := env.getenv(twin(flag.Name)); value != "" {
			o[flag.Name] = twin(flag.Name)
			return value, nil
		}
		return nil, nil
	})
}

// configuration is the content of config.json: defaults by the long names of flags.
type configuration struct {
	path   string
	values map[string]any
	err    error // of reading the file
}

// configPath returns the path of the configuration, "" without a home.
func configPath(env Env) string {
	base := env.getenv("XDG_CONFIG_HOME")
	if base == "" {
		home := cmp.Or(env.getenv("HOME"), env.getenv("USERPROFILE")) // the latter on Windows
		if home == "" {
			return ""
		}
		base = filepath.Join(home, ".config")
	}
	return filepath.Join(base, "restail", "config.json")
}

// newConfiguration reads the configuration. A missing file is an empty one.
func newConfiguration(env Env) *configuration {
	c := &configuration{path: configPath(env)}
	if c.path != "" {
		c.err = c.read()
	}
	return c
}

func (c *configuration) read() error {
	if info, err := os.Stat(c.path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return c.wrong("it is not a regular file") // opening a FIFO could block forever
	}
	text, err := readFile(c.path, configLimit)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // a service's HOME may be /dev/null
		return nil
	}
	if err != nil {
		return usageError(fmt.Errorf("cannot read the configuration: %w", err), "")
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // Windows editors write one
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&c.values); err != nil {
		return c.wrong("it is not a JSON object: %s", notAnObject(err))
	}
	if c.values == nil {
		return c.wrong("it is not a JSON object: found null")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return c.wrong("unexpected text after the JSON object")
	}
	return nil
}

// notAnObject says in plain words why JSON is not an object.
func notAnObject(err error) string {
	if other := (*json.UnmarshalTypeError)(nil); errors.As(err, &other) {
		return "found " + other.Value
	}
	if errors.Is(err, io.EOF) {
		return "the file is empty"
	}
	return err.Error()
}

func (c *configuration) wrong(what string, args ...any) error {
	return usageError(fmt.Errorf("%s: %w", c.path, fmt.Errorf(what, args...)),
		`write flags under their long names: {"format": "text", "max-frame": "1MiB"}`)
}

// check refuses keys that are not a flag of any command.
func (c *configuration) check(app *kong.Application) error {
	known := map[string]bool{}
	err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok && !twinless[flag.Name] {
			known[flag.Name] = true
			if flag.Tag.Negatable != "" {
				known["no-"+flag.Name] = true
			}
		}
		return next(nil)
	})
	if err != nil {
		return err
	}
	for key := range c.values {
		if !known[key] {
			return c.wrong("%v", unknown("flag", key, slices.Sorted(maps.Keys(known)), "restail tail --help lists them"))
		}
	}
	return nil
}

// resolver resolves flags from the configuration.
func (c *configuration) resolver(env Env, o origins) kong.Resolver {
	return kong.ResolverFunc(func(parsed *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if rival := rivals[flag.Name]; outdone(parsed, flag) || rival != "" && env.getenv(twin(rival)) != "" {
			return nil, nil
		}
		if not := c.values["no-"+flag.Name]; not != nil && flag.Tag.Negatable != "" {
			o[flag.Name] = c.path
			value, err := c.flagText("no-"+flag.Name, not)
			return negated(fmt.Sprint(value)), err
		}
		value := c.values[flag.Name]
		if value == nil {
			return nil, nil
		}
		o[flag.Name] = c.path
		return c.flagText(flag.Name, value)
	})
}

// flagText turns a configured value into what would stand on the command line.
func (c *configuration) flagText(name string, value any) (any, error) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case []any:
		list := make([]string, len(v))
		for i, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, c.wrong("invalid list for %q: every item must be a string", name)
			}
			list[i] = text
		}
		if name == "arg" {
			return value, nil
		}
		return strings.Join(list, ","), nil
	}
	return nil, c.wrong("invalid value for %q: want a string, a number, true, false or a list", name)
}

// Limits of the files that are read whole, in MiB.
const (
	configLimit = 1
	filterLimit = 1
)

// readFile reads a whole file of at most limit MiB. A larger file is an error
// that names the limit, without reading on.
func readFile(name string, limit int) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(limit)<<20+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > limit<<20:
		return nil, fmt.Errorf("%s is larger than %d MiB", name, limit)
	}
	return text, nil
}

// readFileUntil is readFile for a file that may be a FIFO or a device: when ctx
// ends first, it abandons the read and returns the cause.
func readFileUntil(ctx context.Context, name string, limit int) ([]byte, error) {
	var text []byte
	read := make(chan error, 1)
	go func() {
		got, err := readFile(name, limit)
		text = got
		read <- err
	}()
	select {
	case err := <-read:
		return text, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
