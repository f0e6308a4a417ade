package connect

import (
	"os"

	"github.com/goccy/go-yaml"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/session"
)

// oauth2File is what the file of --oauth2 says. Each text may be env:VAR, file:PATH or
// cmd:COMMAND.
type oauth2File struct {
	TokenURL     string            `yaml:"token_url"`
	ClientID     string            `yaml:"client_id"`
	ClientSecret string            `yaml:"client_secret"`
	Grant        string            `yaml:"grant"` // client_credentials, refresh_token
	RefreshToken string            `yaml:"refresh_token"`
	Scopes       []string          `yaml:"scopes"`
	Audience     string            `yaml:"audience"`
	Params       map[string]string `yaml:"params"`
	Auth         string            `yaml:"auth"` // basic, body
}

// oauth2 reads the file. Its errors repeat nothing of it, for what stands there may be
// secret.
func (o *Options) oauth2() (*session.OAuth2, error) {
	if o.Bearer != "" || o.User != "" {
		return nil, option.Errorf("--oauth2 and --bearer or --user: there can be one of them")
	}
	text, err := os.ReadFile(o.OAuth2)
	if err != nil {
		return nil, option.Errorf("--oauth2: %w", err)
	}
	var f oauth2File
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return nil, option.Errorf("--oauth2 %s: %s", o.OAuth2, yaml.FormatError(err, false, false))
	}
	options, err := f.options("--oauth2 " + o.OAuth2)
	if err != nil {
		return nil, err
	}
	a, err := session.NewOAuth2(options)
	if err != nil {
		return nil, option.Errorf("--oauth2 %s: %w", o.OAuth2, err)
	}
	return a, nil
}

// options resolves the secrets.
func (f *oauth2File) options(where string) (session.OAuth2Options, error) {
	wrong := func(text string) error { return option.Errorf("%s: %s", where, text) }
	switch {
	case f.Grant != "" && f.Grant != "client_credentials" && f.Grant != "refresh_token":
		return session.OAuth2Options{}, wrong("grant: want client_credentials or refresh_token")
	case f.Grant == "refresh_token" && f.RefreshToken == "":
		return session.OAuth2Options{}, wrong("the grant refresh_token needs a refresh_token")
	case f.Grant == "client_credentials" && f.RefreshToken != "":
		return session.OAuth2Options{}, wrong("the grant client_credentials has no refresh_token")
	case f.Auth != "" && f.Auth != "basic" && f.Auth != "body":
		return session.OAuth2Options{}, wrong("auth: want basic or body")
	}
	params := make(map[string]string, len(f.Params)+1)
	values := map[string]*string{
		"token_url": &f.TokenURL, "client_id": &f.ClientID, "client_secret": &f.ClientSecret,
		"refresh_token": &f.RefreshToken, "audience": &f.Audience,
	}
	for member, value := range values {
		var err error
		if *value, err = Secret(where+": "+member, *value); err != nil {
			return session.OAuth2Options{}, err
		}
	}
	for name, value := range f.Params {
		var err error
		if params[name], err = Secret(where+": params: "+name, value); err != nil {
			return session.OAuth2Options{}, err
		}
	}
	if f.Audience != "" {
		params["audience"] = f.Audience
	}
	return session.OAuth2Options{
		TokenURL: f.TokenURL, ClientID: f.ClientID, ClientSecret: f.ClientSecret, InBody: f.Auth == "body",
		RefreshToken: f.RefreshToken, Scopes: f.Scopes, Params: params,
	}, nil
}
