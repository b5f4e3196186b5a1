/*
 * net/models.h - the directory of trained models: there when it is needed, and not for ever larger
 */
#ifndef FAQD_NET_MODELS_H
#define FAQD_NET_MODELS_H

enum { MODELS_KEPT = 8 }; /* the newest: an editor's way back costs no training either */

/* Creates the directory. That it cannot be costs time at each start, so it is told and no error.
 * NULL is fine, here and below. */
void models_open(const char *dir);
/* Removes the models (*.model) that are older than the newest MODELS_KEPT. */
void models_tidy(const char *dir);

#endif
