package connect

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/inflight-go/inflight/internal/draft"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/session"
)

func (o *Options) auth(s *session.Options) error {
	if err := forHeader("user-agent", o.Agent); err != nil {
		return err
	}
	if o.User != "" {
		text, err := Secret("--user", o.User)
		if err != nil {
			return err
		}
		if err := forHeader("user", text); err != nil {
			return err
		}
		s.Auth.User, s.Auth.Password, _ = strings.Cut(text, ":")
	}
	if o.Bearer != "" {
		text, err := Secret("--bearer", o.Bearer)
		if err != nil {
			return err
		}
		if err := forHeader("bearer", text); err != nil {
			return err
		}
		s.Auth.Bearer = text
	}
	if o.OAuth2 != "" {
		var err error
		if s.Auth.OAuth2, err = o.oauth2(); err != nil {
			return err
		}
	}
	if !o.Netrc {
		return nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return option.Errorf("--netrc: %w", err)
	}
	f, err := os.Open(filepath.Join(home, ".netrc"))
	if err != nil {
		return option.Errorf("--netrc: %w", err)
	}
	defer f.Close()
	if s.Netrc, err = session.ParseNetrc(f); err != nil {
		return option.Errorf("--netrc: %w", err)
	}
	return nil
}

// forHeader checks what is to be a part of a header, and may be a secret.
func forHeader(flag, text string) error {
	if reason := draft.NotForHeader(text); reason != "" {
		return option.Errorf("--%s: %s", flag, reason)
	}
	return nil
}
