package cmd

import (
	"bytes"
	"cmp"
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

// A flag beats its environment variable, which beats the configuration file. kong asks
// its resolvers in order and takes the last answer.

// envName returns the name of a flag's environment variable: RESTAIL_MAX_FRAME for
// --max-frame.
func envName(flag string) string {
	return "RESTAIL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// commandLineOnly are the flags that neither the environment nor the configuration can
// set: help and version make no sense there, and RESTAIL_TOKEN, for --token of serve,
// would look like the variable of the user's own access token.
var commandLineOnly = map[string]bool{"help": true, "version": true, "token": true}

// origins says where a flag was set, if not on the command line: it maps the long name
// to a variable's name or to the path of the configuration.
type origins map[string]string

// withOrigin prefixes an error message about a flag with where the flag was set.
func (o origins) withOrigin(message string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(message, "--"), " ")
	if origin := o[strings.TrimSuffix(name, ":")]; origin != "" {
		return origin + ": " + message
	}
	return message
}

// exclusive maps a flag to the one that it excludes. If both are set, the command line
// beats the environment, which beats the configuration.
var exclusive = map[string]string{
	"filter": "filter-file", "filter-file": "filter",
	"status": "quiet", "quiet": "status",
}

// overridden reports whether the other flag of an exclusive pair is on the command
// line.
func overridden(parsed *kong.Context, flag *kong.Flag) bool {
	return slices.ContainsFunc(parsed.Path, func(p *kong.Path) bool {
		return p.Flag != nil && !p.Resolved && p.Flag.Name == exclusive[flag.Name]
	})
}

// negated turns a value of --no-NAME into one of --NAME.
func negated(value string) string {
	switch strings.ToLower(value) {
	case "1", "true", "yes":
		return "false"
	case "0", "false", "no":
		return "true"
	}
	return value
}

// environment resolves flags from their environment variables, and adds to o.
func environment(env Env, o origins) kong.Resolver {
	return kong.ResolverFunc(func(parsed *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if commandLineOnly[flag.Name] || overridden(parsed, flag) {
			return nil, nil
		}
		negation := envName("no-" + flag.Name)
		if value := env.getenv(negation); value != "" && flag.Tag.Negatable != "" {
			o[flag.Name] = negation
			return negated(value), nil
		}
		if value := env.getenv(envName(flag.Name)); value != "" {
			o[flag.Name] = envName(flag.Name)
			return value, nil
		}
		return nil, nil
	})
}

// configuration is the content of config.json: values of flags by their long names.
type configuration struct {
	path   string
	values map[string]any
	err    error // why the file cannot be read
}

// configPath returns the path of the configuration, "" if there is no home directory.
func configPath(env Env) string {
	base := env.getenv("XDG_CONFIG_HOME")
	if base == "" {
		home := cmp.Or(env.getenv("HOME"), env.getenv("USERPROFILE")) // Windows has the second
		if home == "" {
			return ""
		}
		base = filepath.Join(home, ".config")
	}
	return filepath.Join(base, "restail", "config.json")
}

// newConfiguration reads the configuration. A missing file counts as empty.
func newConfiguration(env Env) *configuration {
	c := &configuration{path: configPath(env)}
	if c.path != "" {
		c.err = c.read()
	}
	return c
}

// read reads the file into c.values.
func (c *configuration) read() error {
	if info, err := os.Stat(c.path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return c.invalid("it is not a regular file") // opening a FIFO can block forever
	}
	text, err := readFile(c.path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // a service's HOME can be /dev/null
		return nil
	}
	if err != nil {
		return readError("configuration", err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // editors on Windows write one
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&c.values); err != nil {
		return c.invalid("it is not a JSON object: %s", notAnObject(err))
	}
	if c.values == nil {
		return c.invalid("it is not a JSON object: found null")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return c.invalid("unexpected text after the JSON object")
	}
	return nil
}

// notAnObject explains why JSON could not be decoded as an object.
func notAnObject(err error) string {
	if typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "found " + typeErr.Value
	}
	if errors.Is(err, io.EOF) {
		return "the file is empty"
	}
	return err.Error()
}

// invalid is the usage error for a wrong configuration.
func (c *configuration) invalid(format string, args ...any) error {
	return usageError(fmt.Errorf("%s: %w", c.path, fmt.Errorf(format, args...)),
		`write flags under their long names: {"format": "text", "max-frame": "1MiB"}`)
}

// check returns an error if a key is not a flag of any command.
func (c *configuration) check(app *kong.Application) error {
	known := map[string]bool{}
	for _, command := range app.Children {
		for _, name := range longNames(command.Flags) {
			if !commandLineOnly[name] {
				known[name] = true
			}
		}
	}
	for key := range c.values {
		if !known[key] {
			return c.invalid("%v", unknownError("flag", key, slices.Sorted(maps.Keys(known)), "restail tail --help lists them"))
		}
	}
	return nil
}

// resolver resolves flags from the configuration, and adds to o.
func (c *configuration) resolver(env Env, o origins) kong.Resolver {
	return kong.ResolverFunc(func(parsed *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if other := exclusive[flag.Name]; overridden(parsed, flag) || other != "" && env.getenv(envName(other)) != "" {
			return nil, nil
		}
		if negation := c.values["no-"+flag.Name]; negation != nil && flag.Tag.Negatable != "" {
			o[flag.Name] = c.path
			value, err := c.flagText("no-"+flag.Name, negation)
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

// flagText turns a configured value into the text that the command line would have.
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
				return nil, c.invalid("invalid list for %q: every item must be a string", name)
			}
			list[i] = text
		}
		if name == "arg" {
			return value, nil
		}
		return strings.Join(list, ","), nil
	}
	return nil, c.invalid("invalid value for %q: want a string, a number, true, false or a list", name)
}

// maxFile limits the configuration, a jq program and a time zone file, in MiB.
const maxFile = 1

// readFile reads a whole file. A file of more than maxFile MiB is an error, and is not
// read to its end.
func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile<<20+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxFile<<20:
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxFile)
	}
	return text, nil
}

// readError is the usage error for a file that cannot be read. what says what the file
// is, for an error that does not name it.
func readError(what string, err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return usageError(fmt.Errorf("cannot read %s: %w", pathErr.Path, pathErr.Err), "")
	}
	return usageError(fmt.Errorf("cannot read the %s: %w", what, err), "")
}
