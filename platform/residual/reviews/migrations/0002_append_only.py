"""The database itself refuses to change or delete a row of the review log."""

from django.db import migrations

from residual.reviews import append_only


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: append_only.install(schema_editor.connection),
            lambda apps, schema_editor: append_only.remove(schema_editor.connection),
        ),
    ]
