package cmd

import "github.com/restail/restail/cmd/docs"

// completionCommand prints a shell's completion script.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish. The script begins with how to install it."`
}

// Run writes the script of the grammar.
func (c *completionCommand) Run(r *run) error {
	model, err := r.model()
	if err != nil {
		return err
	}
	return writeError(docs.Completion(r.Stdout, model, c.Shell))
}
