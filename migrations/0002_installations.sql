CREATE TABLE "installation_teams" (
	"platform" text NOT NULL,
	"team_id" text NOT NULL,
	"key" text NOT NULL,
	CONSTRAINT "installation_teams_platform_team_id_pk" PRIMARY KEY("platform","team_id")
);
--> statement-breakpoint
CREATE TABLE "installations" (
	"platform" text NOT NULL,
	"key" text NOT NULL,
	"is_organisation" boolean NOT NULL,
	"name" text NOT NULL,
	"installed_by" jsonb NOT NULL,
	"installed_at" timestamp (3) with time zone NOT NULL,
	"sealed_tokens" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"refresh_until" timestamp (3) with time zone DEFAULT 'epoch'::timestamptz NOT NULL,
	CONSTRAINT "installations_platform_key_pk" PRIMARY KEY("platform","key"),
	CONSTRAINT "installations_platform_check" CHECK ("installations"."platform" in ('slack', 'teams', 'console'))
);
--> statement-breakpoint
CREATE INDEX "installation_teams_key_idx" ON "installation_teams" USING btree ("platform","key");